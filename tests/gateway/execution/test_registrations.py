"""/r/ and /d/: calls that are kept for later and not made now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


async def call(market, path, **more):
    market.offer("acme")
    await market.open()
    return await market.gateway.call(path, **more)


class TestARepeatedCall:
    async def test_is_kept_and_not_made(self, market):
        headers = {"cookie": "a=b", "x-mine": "1", "x-api-key": market.gateway.key}
        told = await call(
            market, "/r/m/p/acme/chat?q=1&_every=10m&_ttl=1h&_name=hourly", body={"a": 1}, headers=headers
        )
        body, (kept,) = told.json(), market.gateway.schedules.kept
        assert (told.status_code, body["id"], body["status"]) == (202, kept.id, "active")
        assert body["schedule"] == {"schedule_type": "interval", "interval_seconds": 600}
        assert (kept.kind, kept.name, kept.method) == ("recurrent", "hourly", "POST")
        assert kept.path == "/m/p/acme/chat?q=1&_ttl=1h"
        assert kept.body == b'{"a":1}'
        assert kept.headers["x-mine"] == "1"
        assert market.gateway.key not in str(kept)
        assert "cookie" not in kept.headers
        assert market.upstream.requests == []
        assert timedelta(seconds=590) < kept.due_at - datetime.now(UTC) <= timedelta(seconds=600)

    async def test_takes_a_cron_expression(self, market):
        told = await call(market, "/r/p/acme?_every=*/5 8-18 * * mon-fri".replace(" ", "%20"))
        assert told.json()["schedule"]["cron_expression"] == "*/5 8-18 * * mon-fri"
        due = market.gateway.schedules.kept[0].due_at
        assert datetime.now(UTC) < due < datetime.now(UTC) + timedelta(days=4)
        assert (due.minute % 5, due.second, due.microsecond) == (0, 0, 0)
        assert 8 <= due.hour <= 18
        assert due.weekday() < 5

    async def test_is_due_at_once_when_asked(self, market):
        await call(market, "/r/p/acme?_every=1h&_fire_now")
        assert abs(market.gateway.schedules.kept[0].due_at - datetime.now(UTC)) < timedelta(seconds=10)

    async def test_of_the_same_name_is_registered_once(self, market):
        told = [await call(market, "/r/p/acme?_every=1h&_name=x") for _ in range(2)]
        other = await call(market, "/r/p/acme?_every=2h&_name=x")
        assert told[0].json()["id"] == told[1].json()["id"]
        assert [each.json()["created"] for each in told] == [True, False]
        assert (other.status_code, other.json()["error"]["code"]) == (409, "name_taken")

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("", "parameter_missing"), ("_every=", "parameter_missing"), ("_every=10", "bad_duration"),
            ("_every=30s", "bad_duration"), ("_every=8d", "bad_duration"), ("_every=* * *", "bad_cron"),
            ("_every=61 * * * *", "bad_cron"), ("_every=0 0 31 2 *", "bad_schedule"),
            ("_every=1h&_name=" + "x" * 201, "bad_name"),
        ],
    )  # fmt: skip
    async def test_that_is_wrong_is_refused(self, market, query, code):
        told = await call(market, f"/r/p/acme?{query}".replace(" ", "%20"))
        assert (told.status_code, told.json()["error"]["code"]) == (400, code)
        assert market.gateway.schedules.kept == []

    @pytest.mark.parametrize("wrappers", ["", "l/", "m/", "t/", "m/t/"])
    async def test_to_nowhere_is_refused_now(self, market, wrappers):
        told = await call(market, f"/r/{wrappers}p/nowhere?_every=1h&_to=p/acme")
        assert (told.status_code, market.gateway.schedules.kept) == (404, [])


class TestADelayedCall:
    async def test_in_a_while(self, market):
        told = await call(market, "/d/p/acme?_in=30s")
        (kept,) = market.gateway.schedules.kept
        body = told.json()
        assert (told.status_code, body["task_id"], body["status"]) == (202, kept.id, "scheduled")
        assert datetime.fromisoformat(body["fire_at"]) == kept.due_at

    @pytest.mark.parametrize("at", ["2999-06-01T10:00:00%2B02:00", "2999-06-01T10:00:00+02:00"])
    async def test_too_far_ahead_is_refused(self, market, at):
        assert (await call(market, f"/d/p/acme?_at={at}")).json()["error"]["code"] == "time_too_far"

    @pytest.mark.parametrize("zone", ["%2B02:00", "+02:00", "Z"])
    async def test_at_a_time(self, market, zone):
        at = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:00:00")
        await call(market, f"/d/p/acme?_at={at}{zone}")
        due = market.gateway.schedules.kept[0].due_at
        shift = timedelta(0) if zone == "Z" else timedelta(hours=2)
        assert due.astimezone(UTC) == datetime.fromisoformat(at).replace(tzinfo=UTC) - shift

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("", "parameter_missing"), ("_in=5s&_at=2030-01-01T00:00:00Z", "parameter_missing"),
            ("_in=soon", "bad_duration"), ("_in=0s", "bad_duration"), ("_at=tomorrow", "bad_time"),
            ("_at=2030-01-01T00:00:00", "bad_time"), ("_at=2001-01-01T00:00:00Z", "time_passed"),
        ],
    )  # fmt: skip
    async def test_that_is_wrong_is_refused(self, market, query, code):
        told = await call(market, f"/d/p/acme?{query}")
        assert (told.status_code, told.json()["error"]["code"]) == (400, code)

    async def test_is_not_a_repeated_one(self, market):
        told = await call(market, "/r/d/p/acme?_every=1h&_in=5s")
        assert (told.status_code, told.json()["error"]["code"]) == (400, "wrapper_conflict")
