"""Which keys and secrets were used, told to the control plane in bulk and at most once a minute each."""

from __future__ import annotations

import asyncio
import contextlib

from gateway.stores.base import StoreUnavailable, UseMarks

_BATCH = 1000


class UseBook:
    """Collects marks; `keep` writes them."""

    def __init__(self, store: UseMarks) -> None:
        self._store = store
        self._keys: set[str] = set()
        self._secrets: set[tuple[str, str]] = set()

    def key_used(self, key_id: str) -> None:
        """Remember that an API key was used."""
        self._keys.add(key_id)

    def secret_used(self, team_id: str, name: str) -> None:
        """Remember that a team's secret was used."""
        self._secrets.add((team_id, name))

    async def keep(self, every_seconds: float = 15) -> None:
        """Write what was collected, until cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            with contextlib.suppress(StoreUnavailable):
                await self.write()

    async def write(self) -> None:
        """Write what was collected. What cannot be written now is forgotten: a mark is not worth a queue."""
        keys, secrets = list(self._keys), list(self._secrets)
        self._keys.clear()
        self._secrets.clear()
        for start in range(0, max(len(keys), len(secrets)), _BATCH):
            part = slice(start, start + _BATCH)  # calls wait while Python sorts, and gateways for rows in another order
            await self._store.mark_used(api_key_ids=sorted(keys[part]), secrets=sorted(secrets[part]))
