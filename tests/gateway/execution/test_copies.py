"""/t/: a copy goes to a second target, and the first answers as if it did not."""

from __future__ import annotations

import asyncio

from gateway.background import Background
from tests.factories import records as make
from tests.fakes.upstream import Die, Until, answer, json_answer


class TestACopy:
    async def test_has_the_same_bytes_and_an_event_of_its_own(self, market):
        market.offer("main")
        market.offer("other", price=make.price("0.03", id=make.service_id("dear")))
        await market.open()
        body = b'{"model" :  "m", "x": 1.50 }'
        headers = {"authorization": f"Bearer {market.gateway.key}", "content-type": "application/json"}
        told = await market.gateway.client.post("/t/p/main/chat?q=1&_to=p/other/deep", content=body, headers=headers)
        events = {event.role: event for event in await market.gateway.events(2)}
        assert told.json() == {"from": "main"}
        assert market.requests("main")[0].body == market.requests("other")[0].body == body
        assert market.requests("other")[0].target == "/other/deep?q=1"
        primary, copy = events["primary"], events["tee"]
        assert told.headers["x-request-id"] == primary.event_id == copy.parent_id
        assert (copy.flags, copy.is_billable, str(copy.hold)) == (("tee",), True, "0.030000000000")

    async def test_that_never_answers_keeps_nobody_waiting(self, market):
        go_on = asyncio.Event()
        market.offer("main")
        market.offer("other", [Until(go_on), *json_answer({})])
        await market.open()
        async with asyncio.timeout(3):
            assert [(await market.gateway.call("/t/p/main?_to=p/other")).status_code for _ in range(5)] == [200] * 5
        go_on.set()

    async def test_that_fails_or_cannot_be_made_changes_nothing(self, market):
        market.offer("main")
        market.offer("dead", [Die()])
        market.offer("dear", price=make.price("50", id=make.service_id("dear")))
        await market.open()
        for target in ("dead", "dear", "nowhere"):
            told = await market.gateway.call(f"/t/p/main?_to=p/{target}")
            assert (told.status_code, told.json()) == (200, {"from": "main"})
        assert market.requests("dear") == []

    async def test_is_sent_once_however_often_the_first_is_tried(self, market):
        market.offer("main", answer(b"", status=500))
        market.offer("backup")
        market.offer("other")
        await market.open()
        told = await market.gateway.call("/t/f/p/main?_else=p/backup&_to=p/other")
        await market.gateway.events(3)
        assert (told.json(), len(market.requests("other"))) == ({"from": "backup"}, 1)

    async def test_is_not_made_of_a_remembered_answer(self, market):
        market.offer("main")
        market.offer("other")
        await market.open()
        for _ in range(3):
            await market.gateway.call("/m/t/p/main?_to=p/other")
        await market.gateway.events(2)
        assert len(market.requests("other")) == 1

    async def test_is_not_made_of_a_call_that_is_refused(self, market):
        market.offer("other")
        await market.open()
        assert (await market.gateway.call("/t/p/nowhere?_to=p/other")).status_code == 404
        await market.settled()
        assert market.requests("other") == []

    async def test_needs_a_place_to_go(self, market):
        market.offer("main")
        await market.open()
        told = await market.gateway.call("/t/p/main")
        assert (told.status_code, told.json()["error"]["code"]) == (400, "parameter_missing")


class TestTheQueue:
    async def test_drops_and_counts_what_is_too_much(self):
        background, go_on, done = Background(workers=2, queue=3), asyncio.Event(), []

        async def work() -> None:
            await go_on.wait()
            done.append(1)

        assert [background.offer(work) for _ in range(7)] == [True] * 5 + [False] * 2
        assert background.dropped == 2
        go_on.set()
        while len(done) < 5:
            await asyncio.sleep(0)

    async def test_is_bounded_in_bytes(self):
        background, never = Background(workers=1, queue_bytes=100), asyncio.Event()

        async def work() -> None:
            await never.wait()

        assert [background.offer(work, size) for size in (1000, 60, 60, 40)] == [True, True, False, True]
        await background.close(0)

    async def test_survives_work_that_fails(self):
        background, done = Background(workers=1), asyncio.Event()

        async def fails() -> None:
            raise RuntimeError("no")

        async def works() -> None:
            done.set()

        background.offer(fails)
        background.offer(works)
        async with asyncio.timeout(1):
            await done.wait()


class TestADroppedCopy:
    async def test_leaves_the_call_alone(self, market):
        go_on = asyncio.Event()
        market.offer("main", json_answer({"from": "main"}))
        market.offer("other", [Until(go_on), *json_answer({})])
        object.__setattr__(market.deps, "background", Background(workers=1, queue=0))
        await market.open()
        told = [await market.gateway.call("/t/p/main?_to=p/other") for _ in range(3)]
        assert ([each.status_code for each in told], market.deps.background.dropped) == ([200] * 3, 2)
        go_on.set()
