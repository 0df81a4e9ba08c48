"""Records of calls on their way into the log: on disk first, in a spool of their own, then in PostgreSQL.

Nothing waits for them. When the disk or PostgreSQL cannot follow they are dropped and counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from domain.usage import LogLevel
from gateway.context import RequestContext
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.request_log import entry
from gateway.request_log.trail import Trail
from gateway.secrets import Secrets
from gateway.spool.errors import SpoolError
from gateway.spool.shipper import Shipper
from gateway.spool.spool import Spool, SpoolLimits
from gateway.stores.base import RequestLogStore

log = logging.getLogger(__name__)

#: Beside the segments of usage, in a folder of its own.
FOLDER = "request-log"
LIMITS = SpoolLimits(segment_bytes=4 * 1024 * 1024, backlog_bytes=256 * 1024 * 1024, backlog_seconds=7 * 86400.0)
#: Records that are being made at the same time, and the bytes of the bodies in them.
_AT_WORK, _AT_WORK_BYTES = 500, 64 * 1024 * 1024
#: Refusals of one account that are kept in a minute; a client that does not stop writes no more than that.
_REFUSALS_A_MINUTE = 600
_LARGE_BYTES = 64 * 1024


class LogBook:
    """dropped: records that were not kept, since the start."""

    def __init__(self, spool: Spool, store: RequestLogStore, secrets: Secrets, *, gateway_id: str) -> None:
        self._spool, self._secrets, self._gateway_id = spool, secrets, gateway_id
        self._shipper = Shipper(spool, store)
        self._making: set[asyncio.Task[None]] = set()
        self._making_bytes = 0
        self._minute = 0
        self._refusals: dict[str, int] = {}
        self.dropped = 0

    @classmethod
    async def open(cls, folder: Path, store: RequestLogStore, secrets: Secrets, *, gateway_id: str) -> LogBook:
        """Open the spool below `folder` and begin to ship what it holds. Raises SpoolLocked, OSError."""
        book = cls(await Spool.open(folder / FOLDER, limits=LIMITS), store, secrets, gateway_id=gateway_id)
        book._shipper.start()
        return book

    def follow(self, ctx: RequestContext, client: Client, level: LogLevel) -> Client:
        """Return the client to hand to a call so that what it gets is noted."""
        ctx.trail = Trail(ctx, level, self._secrets)
        return ctx.trail.around(client)

    def note(self, ctx: RequestContext, refusal: GatewayError | None) -> None:
        """Keep the record of a call that is over. Returns at once. Calls of nobody are not kept."""
        if ctx.key is None or (refusal is not None and ctx.trail is None and self._is_too_often(ctx.key.team_id)):
            return
        size = 0 if ctx.trail is None or ctx.trail.level == "none" else ctx.trail.size + len(ctx.body)
        if len(self._making) >= _AT_WORK or self._making_bytes + size > _AT_WORK_BYTES:
            self._drop("busy")
            return
        self._making_bytes += size
        task = asyncio.create_task(self._keep(ctx, refusal, size, time.monotonic()))
        self._making.add(task)
        task.add_done_callback(self._making.discard)

    async def close(self, seconds: float) -> None:
        """Keep what is being made, ship what can be shipped, let the folder go."""
        if self._making:
            await asyncio.wait(tuple(self._making), timeout=seconds)
        await self._shipper.drain(seconds)
        await self._spool.close()

    async def _keep(self, ctx: RequestContext, refusal: GatewayError | None, size: int, ended: float) -> None:
        try:
            if ctx.trail is not None and ctx.trail.level != "none":
                await ctx.trail.read_secrets()
            if size > _LARGE_BYTES:
                made = await asyncio.to_thread(self._made, ctx, refusal, ended)
            else:
                made = self._made(ctx, refusal, ended)
            await asyncio.gather(*(self._put(name, record) for name, record in made))
        except SpoolError as error:
            self._drop(error.code)
        except Exception as error:
            self._drop(type(error).__name__)
            log.exception("request_log.failed request=%s", ctx.event_id)
        finally:
            self._making_bytes -= size

    def _made(self, ctx: RequestContext, refusal: GatewayError | None, ended: float) -> list[tuple[str, bytes]]:
        return list(entry.records(ctx, refusal, ended=ended, gateway_id=self._gateway_id))

    async def _put(self, name: str, record: bytes) -> None:
        # the intent asks whether there is room; written in the same batch as the final, it costs nothing
        self._spool.intent(name, b"{}")
        await self._spool.final(name, record)

    def _is_too_often(self, team_id: str) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute = minute
            self._refusals.clear()
        count = self._refusals[team_id] = self._refusals.get(team_id, 0) + 1
        if count > _REFUSALS_A_MINUTE:
            self.dropped += 1
        return count > _REFUSALS_A_MINUTE

    def _drop(self, why: str) -> None:
        self.dropped += 1
        if self.dropped & (self.dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th …: told, and not once for each
            log.warning("request_log.dropped count=%d why=%s", self.dropped, why)
