"""The typed readers of the environment."""

from __future__ import annotations

import pytest

from config import env


class TestText:
    def test_reads_a_variable(self):
        assert env.text("NAME", environ={"NAME": "value"}) == "value"

    def test_reads_the_file_that_a_secret_stands_in(self, tmp_path):
        (tmp_path / "secret").write_text("from a file\n")
        environ = {"NAME_FILE": str(tmp_path / "secret"), "NAME": "from the variable"}
        assert env.text("NAME", environ=environ) == "from a file"

    def test_names_the_file_that_cannot_be_read(self, tmp_path):
        with pytest.raises(env.SettingError, match=f"NAME_FILE: cannot read {tmp_path}/absent"):
            env.text("NAME", environ={"NAME_FILE": f"{tmp_path}/absent"})

    def test_names_the_variable_that_is_missing(self):
        with pytest.raises(env.SettingError, match="NAME is not set"):
            env.text("NAME", environ={})


class TestOtherTypes:
    @pytest.mark.parametrize(
        ("written", "read"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("", False)]
    )
    def test_flags_are_read(self, written, read):
        assert env.flag("NAME", not read, environ={"NAME": written}) is read

    @pytest.mark.parametrize(
        ("reader", "written"),
        [(env.flag, "perhaps"), (env.integer, "twelve"), (env.integer, "1.5")],
    )
    def test_what_is_unusable_names_the_variable(self, reader, written):
        with pytest.raises(env.SettingError, match="NAME must be"):
            reader("NAME", 0, environ={"NAME": written})

    def test_numbers_below_the_least_name_the_variable(self):
        assert env.integer("NAME", 5, least=1, environ={"NAME": "1"}) == 1
        with pytest.raises(env.SettingError, match="NAME must be at least 1"):
            env.integer("NAME", 5, least=1, environ={"NAME": "0"})

    def test_words_are_separated_by_commas(self):
        assert env.words("NAME", environ={"NAME": " one, two ,,three"}) == ["one", "two", "three"]

    def test_numbers_have_names(self):
        assert env.numbers("NAME", environ={"NAME": "Pro=90, Team = 30,"}) == {"Pro": 90, "Team": 30}
        assert env.numbers("NAME", environ={}) == {}

    @pytest.mark.parametrize("written", ["Pro", "Pro=", "=90", "Pro=ninety", "Pro=-1"])
    def test_numbers_that_are_none_name_the_variable(self, written):
        with pytest.raises(env.SettingError, match="NAME must be pairs"):
            env.numbers("NAME", environ={"NAME": written})

    @pytest.mark.parametrize("written", ["https://example.org/", "https://example.org"])
    def test_addresses_end_without_a_slash(self, written):
        assert env.url("NAME", environ={"NAME": written}) == "https://example.org"

    @pytest.mark.parametrize("environ", [{}, {"NAME": ""}])
    def test_an_address_may_be_none_where_the_default_says_so(self, environ):
        assert env.url("NAME", "", environ=environ) == ""
        with pytest.raises(env.SettingError, match="NAME"):
            env.url("NAME", environ=environ)

    def test_an_address_without_scheme_is_refused(self):
        with pytest.raises(env.SettingError, match="absolute address"):
            env.url("NAME", environ={"NAME": "example.org"})
