"""Published records in memory: fresh within one look at the feed, read once, trusted for a while."""

from __future__ import annotations

import asyncio

import pytest

from domain.routing.matching import Match
from domain.routing.snapshot import CUSTOMER, SERVICE
from gateway.records import Records, Untrusted
from gateway.stores.base import Stored, StoreUnavailable
from gateway.stores.memory import MemoryRecords
from tests.factories import records as make


@pytest.fixture
def store() -> MemoryRecords:
    store = MemoryRecords()
    store.put("route", "acme", {"path": "acme", "entries": [{"routing_key": None, "service_id": make.SERVICE}]})
    store.put("service", make.SERVICE, SERVICE.encode(make.service()))
    return store


@pytest.fixture
async def known(store) -> Records:
    known = Records(store, prepare={})
    await known.start()
    return known


class TestRoutes:
    async def test_are_all_in_memory_from_the_start(self, known):
        assert isinstance(known.routes.match(("acme",), ""), Match)

    async def test_follow_the_feed(self, known, store):
        store.put("route", "new", {"path": "new", "entries": [{"routing_key": None, "service_id": "S"}]})
        store.remove("route", "acme")
        await known.catch_up()
        assert isinstance(known.routes.match(("new",), ""), Match)
        assert known.routes.match(("acme",), "") is None


class TestShelf:
    async def test_reads_a_record_once_however_many_ask(self, known, store):
        shelf = known.shelves["service"]
        found = await asyncio.gather(*(shelf.get(make.SERVICE) for _ in range(20)))
        assert found == [make.service()] * 20
        assert store.fetches.count(("service", make.SERVICE)) == 1

    async def test_remembers_that_there_is_none(self, known, store):
        for _ in range(3):
            assert await known.shelves["service"].get("nobody") is None
        assert store.fetches.count(("service", "nobody")) == 1

    async def test_forgets_what_changed_at_the_next_look(self, known, store):
        shelf = known.shelves["service"]
        await shelf.get(make.SERVICE)
        store.remove("service", make.SERVICE)
        assert await shelf.get(make.SERVICE) is not None
        await known.catch_up()
        assert await shelf.get(make.SERVICE) is None

    @pytest.mark.parametrize("is_dropped_first", [False, True])
    async def test_does_not_keep_what_changed_while_it_was_read(self, known, store, is_dropped_first):
        shelf, release = known.shelves["service"], asyncio.Event()
        fetch = store.fetch

        async def slow(kind: str, key: str) -> Stored:
            stored = await fetch(kind, key)
            await release.wait()
            return stored

        store.fetch = slow
        reading = asyncio.create_task(shelf.get(make.SERVICE))
        if is_dropped_first:  # between the question and the beginning of the reading
            asyncio.get_running_loop().call_soon(shelf.drop, make.SERVICE)
        await asyncio.sleep(0.01)
        store.remove("service", make.SERVICE)
        await known.catch_up()
        release.set()
        await reading

        assert await shelf.get(make.SERVICE) is None

    async def test_is_bounded(self, store):
        known = Records(store, prepare={}, sizes={"customer": 2})
        await known.start()
        for name in ("a", "b", "c"):
            store.put("customer", name, CUSTOMER.encode(make.customer(team_id=name)))
            await known.shelves["customer"].get(name)
        assert len(known.shelves["customer"]) == 2

    async def test_takes_an_unreadable_record_for_none(self, known, store, caplog):
        store.put("service", "broken", {"name": 3})
        assert await known.shelves["service"].get("broken") is None
        assert "record.unreadable" in caplog.text

    async def test_tells_everybody_when_the_store_is_away(self, known, store):
        store.down = True
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await known.shelves["service"].get("unread")


class TestTrust:
    async def test_ends_when_the_feed_has_been_silent_for_too_long(self, store):
        now = [0.0]
        known = Records(store, prepare={}, trust_seconds=30, clock=lambda: now[0])
        await known.start()
        now[0] = 29
        known.check_trust()
        now[0] = 31
        with pytest.raises(Untrusted):
            known.check_trust()
        await known.catch_up()
        known.check_trust()


class TestAStartThatBreaksOff:
    async def test_is_made_again_with_every_route(self, store):
        fetch_all = store.fetch_all

        async def once_away(kind: str):
            store.fetch_all = fetch_all
            raise StoreUnavailable("The database has just gone.")

        store.fetch_all = once_away
        known = Records(store, prepare={}, poll_seconds=0.01)
        with pytest.raises(StoreUnavailable):
            await known.start()
        following = asyncio.create_task(known.follow())
        await asyncio.sleep(0.1)
        following.cancel()
        known.check_trust()
        assert isinstance(known.routes.match(("acme",), ""), Match)
