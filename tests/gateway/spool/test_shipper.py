"""The way from the spool to PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest

from gateway.spool import shipper as shipper_module
from gateway.spool.shipper import InboxRefused, Shipper
from tests.gateway.spool.conftest import payload


class FakeInbox:
    """Keeps what it is given; does first what the list of troubles says."""

    def __init__(self, *troubles: BaseException) -> None:
        self.events: list[str] = []
        self.calls: list[int] = []
        self.poison: set[str] = set()
        self.bears = 1000
        self.troubles = list(troubles)

    async def insert(self, finals):
        self.calls.append(len(finals))
        if self.troubles:
            raise self.troubles.pop(0)
        if len(finals) > self.bears:
            raise TimeoutError
        if self.poison.intersection(final.event_id for final in finals):
            raise InboxRefused
        self.events += [final.event_id for final in finals]


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(shipper_module, "_FIRST_PAUSE", 0.001)


class TestShipper:
    async def test_ships_what_arrives(self, open_spool):
        spool, inbox = await open_spool(), FakeInbox()
        shipper = Shipper(spool, inbox)
        shipper.start()
        for number in range(20):
            await spool.final(f"{number}", payload())

        assert await shipper.drain(10)
        assert inbox.events == [f"{number}" for number in range(20)]
        assert (shipper.lag.events, shipper.shipped) == (0, 20)

    async def test_ships_in_batches(self, open_spool):
        spool, inbox = await open_spool(), FakeInbox()
        await asyncio.gather(*(spool.final(f"{number}", payload()) for number in range(1200)))
        shipper = Shipper(spool, inbox)
        shipper.start()

        assert await shipper.drain(10)
        assert inbox.calls == [1000, 200]

    async def test_tries_again_until_postgres_is_back(self, open_spool):
        spool, inbox = await open_spool(), FakeInbox(ConnectionError(), TimeoutError(), OSError())
        shipper = Shipper(spool, inbox)
        shipper.start()
        await spool.final("a", payload())

        assert await shipper.drain(10)
        assert inbox.events == ["a"]
        assert inbox.calls == [1, 1, 1, 1]

    async def test_sends_fewer_at_once_when_postgres_gives_up_so_many_and_slowly_more_again(self, open_spool):
        spool, inbox = await open_spool(), FakeInbox()
        inbox.bears = 300
        await asyncio.gather(*(spool.final(f"{number}", payload()) for number in range(1200)))
        shipper = Shipper(spool, inbox)
        shipper.start()

        assert await shipper.drain(10)
        assert inbox.events == [f"{number}" for number in range(1200)]
        assert inbox.calls == [1000, 500, 250, 300, 350, 175, 225, 50, 200]

        inbox.bears, inbox.calls = 1000, []
        await asyncio.gather(*(spool.final(f"{number}", payload()) for number in range(1200, 2400)))
        shipper = Shipper(spool, inbox)
        shipper.start()
        assert await shipper.drain(10)
        assert inbox.calls == [1000, 200]

    async def test_confirms_nothing_that_was_not_inserted(self, open_spool):
        spool, inbox = await open_spool(), FakeInbox(*[ConnectionError()] * 10_000)
        shipper = Shipper(spool, inbox)
        shipper.start()
        await spool.final("a", payload())

        assert not await shipper.drain(0.1)
        assert shipper.lag.events == 1
        assert [final.event_id for final in (await spool.pending()).finals] == ["a"]

    async def test_sets_aside_what_the_inbox_never_takes(self, open_spool, tmp_path):
        spool, inbox = await open_spool(), FakeInbox()
        inbox.poison = {"3", "7"}
        await asyncio.gather(*(spool.final(f"{number}", payload(number=number)) for number in range(10)))
        shipper = Shipper(spool, inbox)
        shipper.start()

        assert await shipper.drain(10)
        assert sorted(inbox.events) == ["0", "1", "2", "4", "5", "6", "8", "9"]
        assert shipper.refused == 2
        kept = (tmp_path / "spool" / "refused.jsonl").read_bytes().splitlines()
        assert kept == [payload(number=3), payload(number=7)]
