"""The shape of an API key: prefix, randomness, checksum. Both planes use it; neither keeps a key in clear."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib

PREFIX = "svcpass_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY_LENGTH = 43
_CHECKSUM_LENGTH = 6
#: What secret scanners look for.
PATTERN = rf"{PREFIX}[0-9A-Za-z]{{{_BODY_LENGTH + _CHECKSUM_LENGTH}}}"


#: Two digits of base 62 each, by their value.
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(body: str) -> str:
    """Return the checksum as `_base62` writes it, two digits at a time: gateways ask for it all day."""
    high, low = divmod(zlib.crc32((PREFIX + body).encode()), 62 * 62)
    high, middle = divmod(high, 62 * 62)
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


def new_key() -> str:
    """Return a fresh key: 256 random bits in base 62, and a checksum that shows a typing error without a look-up."""
    body = _base62(int.from_bytes(secrets.token_bytes(32), "big"), _BODY_LENGTH)
    return PREFIX + body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Return whether prefix, length, letters and checksum fit. Says nothing about whether the key exists."""
    body = key[len(PREFIX) : -_CHECKSUM_LENGTH]
    return (
        key.startswith(PREFIX)
        and len(key) == len(PREFIX) + _BODY_LENGTH + _CHECKSUM_LENGTH
        and key.isascii()
        and key[-_CHECKSUM_LENGTH:] == _checksum(body)
    )


def digest(key: str, pepper: bytes) -> str:
    """Return the hexadecimal HMAC-SHA-256 under which a key is stored and found."""
    return hmac.digest(pepper, key.encode(), hashlib.sha256).hex()


def shown_prefix(key: str) -> str:
    """Return the part of a key that pages may show: the first characters after `svcpass_`."""
    return key[: len(PREFIX) + 4]
