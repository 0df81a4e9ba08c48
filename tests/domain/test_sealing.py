"""Secrets: opened by the right key for the right row, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import sealing

PRIVATE, PUBLIC = sealing.new_key_pair()
ROW = sealing.binding(owner="team", name="NAME", version=1)


class TestSeal:
    @given(st.text(max_size=300))
    def test_gives_the_value_back_to_the_private_key(self, value):
        sealed = sealing.seal(value, public_key=PUBLIC, bound_to=ROW)
        assert sealing.unseal(sealed, private_key=PRIVATE, bound_to=ROW) == value

    def test_never_makes_the_same_ciphertext_twice(self):
        first, second = (sealing.seal("x", public_key=PUBLIC, bound_to=ROW) for _ in range(2))
        assert first.ciphertext != second.ciphertext
        assert first.sealed_key != second.sealed_key

    @pytest.mark.parametrize(
        "row",
        [
            sealing.binding(owner="other", name="NAME", version=1),
            sealing.binding(owner="team", name="OTHER", version=1),
            sealing.binding(owner="team", name="NAME", version=2),
        ],
    )
    def test_does_not_open_for_another_row(self, row):
        sealed = sealing.seal("x", public_key=PUBLIC, bound_to=ROW)
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(sealed, private_key=PRIVATE, bound_to=row)

    def test_does_not_open_for_another_key(self):
        sealed = sealing.seal("x", public_key=PUBLIC, bound_to=ROW)
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(sealed, private_key=sealing.new_key_pair()[0], bound_to=ROW)

    def test_names_its_key(self):
        sealed = sealing.seal("x", public_key=PUBLIC, bound_to=ROW)
        assert sealed.key_id == sealing.key_id(sealing.public_key_of(PRIVATE))
