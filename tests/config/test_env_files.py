"""Files of NAME=value lines."""

from __future__ import annotations

import subprocess

import pytest

from config.embedded import env_files

VALUES = ["plain", "with space", "it's", "a=b", "$HOME", "`id`", 'say "x"', "svcpass_AbC-_.", ""]


class TestEnvFiles:
    @pytest.mark.parametrize("value", VALUES)
    def test_give_back_what_was_written(self, tmp_path, value):
        path = tmp_path / "some.env"
        env_files.write(path, {"NAME": value}, heading="What it is.")
        assert env_files.read(path) == {"NAME": value}

    @pytest.mark.parametrize("value", VALUES)
    def test_mean_the_same_to_a_shell(self, tmp_path, value):
        path = tmp_path / "some.env"
        env_files.write(path, {"NAME": value}, heading="What it is.")
        said = subprocess.run(
            ["sh", "-c", f'. {path}; printf %s "$NAME"'], capture_output=True, text=True, check=True, env={}
        )
        assert said.stdout == value

    def test_are_for_our_eyes_only(self, tmp_path):
        path = tmp_path / "some.env"
        path.write_text("")
        path.chmod(0o644)
        env_files.write(path, {"NAME": "value"}, heading="What it is.")
        assert path.stat().st_mode & 0o777 == 0o600

    def test_may_be_written_by_people(self, tmp_path):
        (tmp_path / ".env").write_text('# a comment\n\nexport ONE=1\n TWO = "two words" \nnothing\n#THREE=3\n')
        assert env_files.read(tmp_path / ".env") == {"ONE": "1", "TWO": "two words"}

    def test_that_are_absent_say_nothing(self, tmp_path):
        assert env_files.read(tmp_path / "absent") == {}
