"""What one process finds out about failing services reaches the others, beside the calls."""

from __future__ import annotations

import asyncio
import logging
import time

from domain.routing.health import Health
from gateway.stores.tidings import Tidings

log = logging.getLogger(__name__)

_UNTOLD = 1000
_REST_SECONDS = 1.0
#: Whoever listened for so long had been heard; others could not even connect.
_CONNECTED_SECONDS = 2.0


class HealthNews:
    """`tell` and `listen` run as long as the process."""

    def __init__(self, health: Health, tidings: Tidings) -> None:
        self._health, self._tidings = health, tidings
        self._untold: asyncio.Queue[tuple[str, float]] = asyncio.Queue(_UNTOLD)
        health.on_news = self._note

    def _note(self, service_id: str, seconds: float) -> None:
        if not self._untold.full():
            self._untold.put_nowait((service_id, seconds))

    async def tell(self) -> None:
        """Tell what this process finds out. What cannot be told now is not told: it would be old later."""
        while True:
            service_id, seconds = await self._untold.get()
            log.info("health.changed service=%s out_seconds=%s", service_id, seconds)
            try:
                await self._tidings.tell(service_id, seconds)
            except OSError as error:  # TimeoutError is one
                log.warning("health.untold reason=%s", error)

    async def listen(self) -> None:
        """Take over what others find out. Nobody is told again and again that the others cannot be heard."""
        while True:
            began = time.monotonic()
            try:
                async for service_id, seconds in self._tidings.listen():
                    self._health.heard(service_id, seconds, time.monotonic())
            except OSError as error:
                lasted = time.monotonic() - began
                log.log(
                    logging.WARNING if lasted > _CONNECTED_SECONDS else logging.DEBUG, "health.unheard reason=%s", error
                )
            await asyncio.sleep(_REST_SECONDS)
