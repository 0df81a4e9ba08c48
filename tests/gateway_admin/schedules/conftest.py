"""A customer, services to call, and a dispatcher that calls a gateway of straw."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from accounts.teams.models import Team
from gateway_admin.schedules import queries, services
from gateway_admin.schedules.firing import dispatcher
from gateway_admin.schedules.firing.http import GatewayClient
from gateway_admin.schedules.models import Schedule
from gateway_admin.schedules.services import Owner
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service
from tests.fakes.gateway import FakeGateway

EVERY_MINUTE = {"schedule_type": "interval", "interval_seconds": 60}


@pytest.fixture
def customer(db: None) -> Team:
    team = TeamFactory(name="buyer")
    funded_wallet("10", team=team)
    return team


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def make_schedule(customer: Team) -> Callable[..., Schedule]:
    """Make a schedule of the customer: make_schedule(path=..., schedule=..., due_at=..., method=...)."""
    service = make_service()

    def make(*, schedule: Any = EVERY_MINUTE, due_at: datetime | None = None, **content: Any) -> Schedule:
        owner = Owner(content.pop("user", None) or owner_of(customer), content.pop("api_key", None))
        now = content.pop("now", None) or timezone.now()
        made = services.create(
            team=customer,
            owner=owner,
            content={"path": f"p/{service.name}", **content},
            schedule=schedule,
            now=now,
        )
        if due_at is not None:
            Schedule.objects.filter(pk=made.pk).update(due_at=due_at)
            made.refresh_from_db()
        return made

    return make


@pytest.fixture
def lent(db: None) -> Iterator[Executor]:
    """A thread that works on the connection, and so in the transaction, of the test."""
    mine = connections["default"]
    mine.inc_thread_sharing()

    def borrow() -> None:
        connections["default"] = mine

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1, initializer=borrow) as thread:
        patch.setattr(dispatcher, "_disconnect", lambda: None)
        patch.setattr(thread, "shutdown", lambda *_args, **_more: None)
        yield thread
        patch.undo()
    mine.dec_thread_sharing()


@pytest.fixture
def dispatch(gateway: FakeGateway, lent: Executor) -> Callable[..., None]:
    """Run a dispatcher until a condition holds: dispatch(until, clock=...)."""

    def run(until: Callable[[], bool], *, seconds: float = 20, **options: Any) -> None:
        stop = threading.Event()
        made = dispatcher.Dispatcher(f"test:{uuid4()}", GatewayClient(gateway.url), stop, database=lent, **options)

        async def both() -> None:
            running = asyncio.create_task(made.run())
            try:
                async with asyncio.timeout(seconds):
                    while not running.done() and not await asyncio.get_running_loop().run_in_executor(lent, until):
                        await asyncio.sleep(0.01)
            finally:
                stop.set()
                await running

        asyncio.run(both())

    return run


def past(seconds: float) -> datetime:
    """Return a time by the clock of the database."""
    return queries.database_time() - timedelta(seconds=seconds)
