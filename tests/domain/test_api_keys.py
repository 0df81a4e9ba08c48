"""The shape of keys."""

from __future__ import annotations

import re

import pytest

from domain import api_keys


class TestNewKey:
    def test_is_well_formed_and_never_the_same(self):
        keys = {api_keys.new_key() for _ in range(50)}
        assert len(keys) == 50
        assert all(api_keys.is_well_formed(key) and re.fullmatch(api_keys.PATTERN, key) for key in keys)


class TestIsWellFormed:
    def test_sees_every_mistyped_letter(self):
        key = api_keys.new_key()
        for index in range(len(api_keys.PREFIX), len(key)):
            other = "a" if key[index] != "a" else "b"
            assert not api_keys.is_well_formed(key[:index] + other + key[index + 1 :])

    @pytest.mark.parametrize("key", ["", "svcpass_", "sk-live", "svcpass_" + "é" * 49, "svcpass_" + "0" * 49])
    def test_refuses_other_texts(self, key):
        assert not api_keys.is_well_formed(key)


class TestDigest:
    def test_depends_on_key_and_pepper(self):
        digests = {api_keys.digest(key, pepper) for key in ("a", "b") for pepper in (b"1", b"2")}
        assert len(digests) == 4
