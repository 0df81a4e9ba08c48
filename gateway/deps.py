"""What the steps work with."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.routing.health import Health
from gateway.background import Background
from gateway.budgets import Budgets
from gateway.compiled import Prices
from gateway.grpc.upstream import UpstreamLinks
from gateway.keys import KeyDigests
from gateway.leases import LeaseBook
from gateway.limits import LimitBook
from gateway.live.census import Census
from gateway.live.dialing import Dialer
from gateway.records import Records
from gateway.rendered import Renderings
from gateway.secrets import Secrets
from gateway.settings import GatewaySettings
from gateway.spool.spool import Spool
from gateway.stores.base import ScheduleStore, TaskStore
from gateway.stores.memos import MemoStore
from gateway.upstream.client import UpstreamClient
from gateway.use_marks import UseBook

if TYPE_CHECKING:
    from gateway.kept import Kept
    from gateway.plain.plans import Plans
    from gateway.request_log.book import LogBook


@dataclass(frozen=True, slots=True)
class Deps:
    settings: GatewaySettings
    records: Records
    prices: Prices
    secrets: Secrets
    leases: LeaseBook
    spool: Spool
    upstream: UpstreamClient
    use_marks: UseBook
    keys: KeyDigests
    rendered: Renderings
    plans: Plans
    schedules: ScheduleStore
    tasks: TaskStore
    memos: MemoStore
    limits: LimitBook
    dialer: Dialer
    links: UpstreamLinks
    budgets: Budgets
    request_log: LogBook
    #: chance, in [0, 1)
    draw: Callable[[], float] = random.random
    health: Health = field(default_factory=Health)
    background: Background = field(default_factory=Background)
    census: Census = field(default_factory=Census)
    #: answers that are on their way and will be remembered, by their keys
    flights: dict[str, asyncio.Future[Kept | None]] = field(default_factory=dict)
