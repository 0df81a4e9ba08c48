"""API keys as clients present them, and the digests under which they are found."""

from __future__ import annotations

from domain import api_keys

_SIZE = 20_000


class KeyDigests:
    """Remembers the digests of keys that were presented lately: checksum and HMAC are not computed for every call.

    Says nothing about whether a key exists: that is asked of the records each time.
    """

    def __init__(self, pepper: bytes, size: int = _SIZE) -> None:
        self._pepper, self._size = pepper, size
        self._known: dict[str, str] = {}

    def of(self, key: str) -> str | None:
        """Return the digest of a key, or None for what cannot be one."""
        digest = self._known.get(key)
        if digest is None and api_keys.is_well_formed(key):
            if len(self._known) >= self._size:
                self._known.pop(next(iter(self._known)))
            digest = self._known[key] = api_keys.digest(key, self._pepper)
        return digest
