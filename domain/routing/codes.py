"""Enrollment codes: Crockford's base 32, as people read and type them."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1"})


def canonical_code(typed: str) -> str:
    """Return the code that was meant: upper case, O as 0, I and L as 1."""
    return typed.upper().translate(_FORGIVEN)
