"""Events as a gateway ships them, on the real database: usage first, and its log beside it."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from uuid import UUID, uuid4

import orjson
import pytest
from django.utils import timezone

from billing.rating.models import UsageInbox
from gateway import attempts
from gateway.spool.reader import Final
from gateway.spool.shipper import InboxRefused
from gateway.stores.postgres import Database, PostgresInbox
from gateway_admin.request_logs.models import RequestLog
from tests.databases import address
from tests.factories.request_logs import attempt

pytestmark = pytest.mark.django_db(transaction=True)
TEAM = uuid4()
WALLET, LEASE = UUID("7d0d8e0e-0000-4000-8000-00000000000b"), UUID("7d0d8e0e-0000-4000-8000-00000000000f")


def ship(*payloads: bytes, log: bool = True) -> bool:
    """Put texts into the inbox as a gateway does. Return whether the log has them."""

    async def insert() -> bool:
        database = Database(address(), size=1)
        await database.open()
        try:
            return await PostgresInbox(database, gateway_id="g1").insert(
                [Final("", payload) for payload in payloads], log=log
            )
        finally:
            await database.close()

    return asyncio.run(insert())


def event(**facts: object) -> dict[str, object]:
    return attempt(TEAM, timezone.now(), wallet_id=str(WALLET), lease_id=str(LEASE), **facts)


def waiting() -> set[tuple[UUID, UUID | None, str]]:
    return set(UsageInbox.objects.values_list("wallet_id", "lease_id", "payload"))


class TestIds:
    @pytest.mark.parametrize("lease", [LEASE, None])
    def test_are_found_where_the_gateway_puts_them(self, lease):
        shared = attempts.fixed(team_id=str(TEAM), path='/p/"wallet_id":"', routing_key={"model": '"lease_id":"é'})
        event_id = event()["event_id"]
        payload = attempts.beginning(
            shared,
            event_id=event_id,
            wallet_id=str(WALLET),
            lease_id=None if lease is None else str(lease),
            hold=Decimal("0.5"),
            request_bytes=7,
            started_ms=1_795_262_400_123,
        )
        # cut off: nothing of it is read but its ids
        ship(payload, log=False)
        assert waiting() == {(WALLET, lease, payload.decode())}
        assert str(UsageInbox.objects.get().event_id) == event_id

    @pytest.mark.parametrize("lease", [str(LEASE), None])
    @pytest.mark.parametrize("write", [orjson.dumps, lambda known: json.dumps(known).encode()])
    def test_are_read_where_another_version_put_them(self, write, lease):
        known = event(path='/p/x","wallet_id":"y', routing_key={"model": "\u0000"}) | {"lease_id": lease}
        payload = write(dict(sorted(known.items())))
        ship(payload, log=False)
        assert waiting() == {(WALLET, lease and LEASE, payload.decode())}
        assert str(UsageInbox.objects.get().event_id) == known["event_id"]

    @pytest.mark.parametrize(
        "payload", [b"", b"{", b"[]", b'"text"', b"{}", b'{"wallet_id":"x"}', b"\xff", b'{"event_id":\n"x"}']
    )
    def test_of_what_is_no_event_are_refused_with_all_beside_it(self, payload):
        with pytest.raises(InboxRefused):
            ship(orjson.dumps(event()), payload)
        assert waiting() == set()


class TestTheLog:
    def test_has_the_attempts_as_soon_as_the_inbox_has_them(self):
        known = event()
        assert ship(orjson.dumps(known)) is True
        assert [str(row.pk) for row in RequestLog.objects.all()] == [known["event_id"]]
        assert ship(orjson.dumps(known)) is True
        assert (UsageInbox.objects.count(), RequestLog.objects.count()) == (1, 1)

    @pytest.mark.parametrize("facts", [{"status": "many"}, {"session": "\u0000"}])
    def test_that_cannot_read_an_event_keeps_no_usage_from_being_told(self, facts):
        assert ship(orjson.dumps(event()), orjson.dumps(event(**facts))) is False
        assert (UsageInbox.objects.count(), RequestLog.objects.count()) == (2, 0)

    def test_has_nothing_that_was_not_meant_for_it(self):
        assert ship(orjson.dumps(event()), log=False) is False
        assert (UsageInbox.objects.count(), RequestLog.objects.count()) == (1, 0)


def test_a_gateway_writes_no_character_that_the_log_could_not_read():
    assert attempts.fixed(path="/p/\u0000") == rb'"path":"/p/\ufffd"'
