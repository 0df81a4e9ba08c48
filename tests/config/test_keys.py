"""The keys of one machine."""

from __future__ import annotations

import pytest

from config.embedded import env_files, keys
from domain import sealing


class TestKeptKeys:
    def test_are_made_once_and_kept_for_us_alone(self, tmp_path):
        made = keys.kept_keys(tmp_path, {})
        assert keys.kept_keys(tmp_path, {}) == made
        assert (tmp_path / "settings.env").stat().st_mode & 0o777 == 0o600
        assert set(made) == {"SECRET_KEY", "API_KEY_PEPPER", "SECRETS_PUBLIC_KEY", "SECRETS_PRIVATE_KEYS"}

    def test_differ_from_machine_to_machine(self, tmp_path):
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        one, two = keys.kept_keys(tmp_path / "one", {}), keys.kept_keys(tmp_path / "two", {})
        assert set(one.values()).isdisjoint(two.values())

    def test_hold_a_pair_that_fits(self, tmp_path):
        made = keys.kept_keys(tmp_path, {})
        assert sealing.public_key_of(made["SECRETS_PRIVATE_KEYS"]) == made["SECRETS_PUBLIC_KEY"]

    @pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FILE"])
    def test_leave_out_what_is_given(self, tmp_path, name):
        assert "SECRET_KEY" not in keys.kept_keys(tmp_path, {name: "given"})

    def test_leave_the_pair_to_whoever_gives_half_of_it(self, tmp_path):
        made = keys.kept_keys(tmp_path, {"SECRETS_PUBLIC_KEY": "given"})
        assert not {"SECRETS_PUBLIC_KEY", "SECRETS_PRIVATE_KEYS"} & set(made)

    def test_complete_a_file_that_lost_one(self, tmp_path):
        made = keys.kept_keys(tmp_path, {})
        env_files.write(tmp_path / "settings.env", {"SECRET_KEY": made["SECRET_KEY"]}, heading="Cut.")
        again = keys.kept_keys(tmp_path, {})
        assert again["SECRET_KEY"] == made["SECRET_KEY"]
        assert again["API_KEY_PEPPER"] != made["API_KEY_PEPPER"]
