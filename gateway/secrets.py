"""Secrets in clear: only here, only in memory, for a few seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from domain import sealing
from domain.routing.snapshot import SecretRecord
from gateway.records import Shelf

_SIZE = 10_000
#: Team, name, version, and the beginning of the ciphertext.
_Key = tuple[str, str, int, str]


class SecretUnreadable(Exception):
    """The stored ciphertext does not open. Says which secret, never what it holds."""


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A value that no log line can show. hosts: where its owner lets it go."""

    text: str = field(repr=False)
    hosts: frozenset[str]


class Secrets:
    """Opens secrets of published records and remembers the text for `keep_seconds`."""

    def __init__(
        self,
        shelf: Shelf[SecretRecord],
        *,
        private_keys: tuple[str, ...],
        keep_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shelf, self._keep_seconds, self._clock = shelf, keep_seconds, clock
        self._private_keys = {sealing.key_id(sealing.public_key_of(key)): key for key in private_keys}
        self._opened: dict[_Key, tuple[float, str]] = {}
        self._ends: deque[tuple[float, _Key]] = deque()  # when what was opened has to go, the oldest first

    async def value(self, team_id: str, name: str) -> SecretValue | None:
        """Return a team's secret, or None when it has none of that name.

        Raises SecretUnreadable, StoreUnavailable.
        """
        record = await self._shelf.get(f"{team_id}/{name}")
        if record is None:
            return None
        return SecretValue(self._text(record), frozenset(record.hosts))

    def _text(self, record: SecretRecord) -> str:
        if not record.sensitive:
            return record.value
        key, now = (record.team_id, record.name, record.version, record.ciphertext[:32]), self._clock()
        kept = self._opened.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        text = self._open(record)
        if len(self._opened) >= _SIZE:
            self._opened.clear()
        self._opened[key] = (now + self._keep_seconds, text)
        self._ends.append((now + self._keep_seconds, key))
        return text

    def forget(self) -> None:
        """Let go of what has been kept for long enough."""
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, key = self._ends.popleft()
            if key in self._opened and self._opened[key][0] <= now:
                del self._opened[key]

    def _open(self, record: SecretRecord) -> str:
        private_key = self._private_keys.get(record.key_id)
        if private_key is None:
            raise SecretUnreadable(f"No private key {record.key_id} for the secret {record.name}.")
        sealed = sealing.Sealed(record.key_id, record.sealed_key, record.ciphertext)
        bound_to = sealing.binding(owner=record.team_id, name=record.name, version=record.version)
        try:
            return sealing.unseal(sealed, private_key=private_key, bound_to=bound_to)
        except sealing.Unreadable as error:
            raise SecretUnreadable(f"The secret {record.name} does not open.") from error
