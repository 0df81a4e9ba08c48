"""A gateway process: its parts put together, started in order, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Coroutine
from typing import Any

from domain import scrubbing
from gateway import slots
from gateway.budgets import Budgets
from gateway.candidates import compile_candidate
from gateway.compiled import Prices, compile_customer, compile_service
from gateway.deps import Deps
from gateway.grpc.upstream import UpstreamLinks
from gateway.health_news import HealthNews
from gateway.keys import KeyDigests
from gateway.leases import LeaseBook
from gateway.limits import LimitBook
from gateway.live.dialing import Dialer
from gateway.plain.plans import Plans
from gateway.records import Records
from gateway.rendered import Renderings
from gateway.request_log.attempts import LoggedInbox
from gateway.request_log.book import LogBook
from gateway.secrets import Secrets
from gateway.settings import GatewaySettings
from gateway.slots import Connect
from gateway.spool.shipper import Shipper
from gateway.stores.base import LeaseStore, StoreUnavailable
from gateway.upstream import whole
from gateway.upstream.client import UpstreamClient
from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.limits import UpstreamLimits
from gateway.use_marks import UseBook

log = logging.getLogger(__name__)

_CONNECTIONS_PER_HOST = 512
_DRAIN_SECONDS = 8.0
_ABANDONED_SECONDS = 30.0
_LOG_SECONDS = 3.0
_FORGET_SECONDS = 1.0
#: How long copies and asynchronous broadcasts may go on when the process is told to stop.
_BACKGROUND_SECONDS = 5.0
#: Calls leave no cycles behind, so the collector seldom has to look for any.
_COLLECT = (20_000, 20, 50)


class Runtime:
    """Everything that lives as long as the process. `start` returns when calls can be answered."""

    def __init__(self, settings: GatewaySettings, connect: Connect) -> None:
        self.settings, self._connect = settings, connect
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Recover the spool, connect, read the routes, follow the feed."""
        first_slot = self.settings
        spool, settings = await slots.take(first_slot)
        self.settings = settings
        self._stores = stores = await self._connect(settings, str(spool.incarnation))
        records = Records(
            stores.records,
            prepare={"service": compile_service, "customer": compile_customer, "candidate": compile_candidate},
            sizes={"candidate": 1000},
            poll_seconds=settings.poll_seconds,
            trust_seconds=settings.trust_seconds,
        )
        use_marks = UseBook(stores.use_marks)
        guard = EgressGuard(EgressPolicy(allow_private=settings.allow_private_upstreams))
        secrets = Secrets(
            records.shelves["secret"], private_keys=settings.private_keys, keep_seconds=settings.secret_cache_seconds
        )
        dialer = Dialer(guard)
        self.deps = Deps(
            settings=settings,
            records=records,
            prices=Prices(),
            secrets=secrets,
            leases=LeaseBook(stores.leases, ttl_seconds=settings.lease_ttl_seconds, chunk=settings.lease_chunk),
            spool=spool,
            upstream=UpstreamClient(
                guard,
                UpstreamLimits(connections_per_host=_CONNECTIONS_PER_HOST),
            ),
            use_marks=use_marks,
            keys=KeyDigests(settings.api_key_pepper),
            rendered=Renderings(records.shelves["secret"], keep_seconds=settings.secret_cache_seconds),
            plans=Plans(),
            schedules=stores.schedules,
            tasks=stores.tasks,
            memos=stores.memos,
            limits=LimitBook(stores.counters),
            dialer=dialer,
            links=UpstreamLinks(dialer),
            budgets=Budgets(stores.counters),
            request_log=await LogBook.open(
                settings.spool_directory, stores.request_logs, secrets, gateway_id=settings.gateway_id
            ),
        )
        self._inbox = LoggedInbox(stores.inbox, stores.request_logs)
        self._shipper = Shipper(spool, self._inbox)
        with contextlib.suppress(StoreUnavailable):
            await records.start()
        self._shipper.start()
        self._spawn(records.follow())
        self._spawn(self.deps.leases.keep())
        self._spawn(self.deps.limits.keep())
        self._spawn(use_marks.keep())
        self._spawn(self._forget())
        news = HealthNews(self.deps.health, stores.tidings)
        self._spawn(news.tell())
        self._spawn(news.listen())
        self._spawn(self._retire_former_leases(stores.leases))
        self._spawn(self._ship_abandoned(first_slot))
        # the records read so far live long: the collector need not walk them again and again
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT)

    async def stop(self) -> None:
        """Ship what is on disk, give the money back, close. What cannot be shipped now is shipped at the next start."""
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            await self.deps.background.close(_BACKGROUND_SECONDS)
            async with asyncio.timeout(_DRAIN_SECONDS + 5):
                await self._shipper.drain(_DRAIN_SECONDS)
                await self.deps.leases.give_back_idle(at_once=True)
                await self.deps.use_marks.write()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._inbox.close(_LOG_SECONDS)
        await self.deps.request_log.close(_LOG_SECONDS)
        self.deps.links.close()
        await self.deps.upstream.close()
        await self.deps.spool.close()
        await self._stores.memos.close()
        await self._stores.counters.close()
        await self._stores.tidings.close()
        await self._stores.close()

    async def _retire_former_leases(self, store: LeaseStore) -> None:
        """Tell the books that former lives of this gateway have sent all their events, once they have."""
        recovered = self.deps.spool.recovery.finals
        while True:
            if self._shipper.shipped >= recovered:
                with contextlib.suppress(StoreUnavailable):
                    await store.retire_others()
                    return
            await asyncio.sleep(0.2)

    async def _ship_abandoned(self, first_slot: GatewaySettings) -> None:
        """Look now and then for what processes that are no longer started have left."""
        while True:
            await asyncio.sleep(_ABANDONED_SECONDS)
            with contextlib.suppress(StoreUnavailable):
                await slots.ship_abandoned(first_slot, self._connect)

    async def _forget(self) -> None:
        """Let no secret stay in clear for longer than it may, and let go of plans that hold no more."""
        scrubbed_since = time.monotonic()
        while True:
            await asyncio.sleep(_FORGET_SECONDS)
            self.deps.secrets.forget()
            self.deps.rendered.forget()
            self.deps.plans.sweep(self.deps.records)
            if time.monotonic() - scrubbed_since >= self.deps.settings.secret_cache_seconds:
                scrubbed_since = time.monotonic()
                scrubbing.forget()
                whole.forget()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(_log_death)
        self._tasks.append(task)


def _log_death(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("gateway.task_died", exc_info=error)
