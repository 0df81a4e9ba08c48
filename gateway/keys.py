"""API keys as clients present them, and the digests under which they are found."""

from __future__ import annotations

from domain import api_keys
from gateway.lately import Lately

_SIZE = 20_000


class KeyDigests:
    """Remembers the digests of keys that were presented lately: checksum and HMAC are not computed for every call.

    Says nothing about whether a key exists: that is asked of the records each time.
    """

    def __init__(self, pepper: bytes, size: int = _SIZE) -> None:
        self._pepper = pepper
        self._known: Lately[str, str] = Lately(size)
        self._last: tuple[str, str] = ("", "")  # asked for twice in the first call of a key

    def of(self, key: str) -> str | None:
        """Return the digest of a key, or None for what cannot be one."""
        digest = self._known.get(key)
        if digest is not None:
            return digest
        last, digest = self._last
        if last == key and digest:
            return digest
        if not api_keys.is_well_formed(key):
            return None
        digest = api_keys.digest(key, self._pepper)
        self._known.keep(key, digest)
        self._last = (key, digest)
        return digest
