"""Aliases, groups and pools of servers, called through a gateway on a real socket."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.factories import records as make
from tests.fakes.upstream import answer, json_answer


class TestAliases:
    async def test_keep_what_follows_their_name_and_its_query(self, market):
        market.offer("acme")
        market.alias("llm", "p/acme/v1?fixed=1")
        await market.open()
        told = await market.gateway.call("/a/llm/chat/completions?q=2&_ttl=5m")
        assert told.json() == {"from": "acme"}
        assert market.requests("acme")[0].target == "/acme/v1/chat/completions?fixed=1&q=2"

    @pytest.mark.parametrize("target", ["acme", "/acme", "p/acme", "/p/acme", "m/l/p/acme?_ttl=5m", "a/other"])
    async def test_lead_to_whatever_a_path_can_say(self, market, target):
        market.offer("acme")
        market.alias("llm", target)
        market.alias("other", "acme")
        await market.open()
        assert (await market.gateway.call("/a/llm")).json() == {"from": "acme"}

    async def test_send_the_model_that_they_say(self, market):
        market.offer("acme")
        row = {"id": "1", "target_path": "p/acme", "routing_key_override": {"model": "real"}}
        market.alias("llm", "p/acme", rows=[row])
        await market.open()
        await market.gateway.call("/a/llm", {"model": "mine", "n": 1})
        assert market.requests("acme")[0].json == {"model": "real", "n": 1}

    async def test_lead_where_the_model_says(self, market):
        market.offer("small")
        market.offer("large")
        rows = [
            {"id": "1", "target_path": "p/small", "request_routing_key": {"model": "s"}},
            {"id": "2", "target_path": "p/large", "request_routing_key": {"model": "l"}},
            {"id": "3", "target_path": "p/small", "request_routing_key": {"model": "l"}, "is_routing": False},
        ]
        market.alias("llm", "", rows=rows)
        await market.open()
        assert (await market.gateway.call("/a/llm", {"model": "l"})).json() == {"from": "large"}
        unknown = await market.gateway.call("/a/llm", {"model": "x"})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "routing_key_unknown")
        assert '{"model":"l"}, {"model":"s"}' in unknown.json()["detail"]

    async def test_of_the_customer_come_before_those_of_sellers(self, market):
        market.offer("mine")
        market.offer("theirs")
        for name in ("llm", "other"):
            market.gateway.records.put("alias", name, {"name": name, "rows": [{"id": "1", "target_path": "p/theirs"}]})
        market.alias("llm", "p/mine")
        await market.open()
        answers = [(await market.gateway.call(f"/a/{name}")).json()["from"] for name in ("llm", "other")]
        assert answers == ["mine", "theirs"]

    @pytest.mark.parametrize(
        ("targets", "code"),
        [
            ({"one": "a/one"}, "routing_cycle"),
            ({"one": "a/two", "two": "f/p/acme?_else=a/one"}, "routing_cycle"),
            ({"one": "r/p/acme?_every=5m"}, "registration_inside"),
            ({"one": "p/a//b"}, "target_unreadable"),
            ({"one": "https://elsewhere.example/"}, "target_unreadable"),
        ],
    )
    async def test_that_cannot_be_followed_are_refused(self, market, targets, code):
        market.offer("acme")
        for name, target in targets.items():
            market.alias(name, target)
        await market.open()
        told = await market.gateway.call("/a/one")
        assert (told.status_code, told.json()["error"]["code"]) == (422, code)
        assert market.upstream.requests == []

    async def test_switched_during_200_calls_lose_none_of_them(self, market):
        for name in ("old", "new"):
            market.offer(name, price=make.price("0.001", id=make.service_id("cheap")))
        market.alias("llm", "p/old")
        await market.open()
        answered: Counter[str] = Counter()

        async def caller() -> None:
            for _ in range(25):
                told = await market.gateway.call("/a/llm")
                answered[told.json()["from"] if told.status_code == 200 else str(told.status_code)] += 1

        async def switching() -> None:
            while sum(answered.values()) < 100:
                await asyncio.sleep(0.005)
            market.alias("llm", "p/new")
            await market.open()

        await asyncio.gather(switching(), *(caller() for _ in range(8)))
        assert answered["old"] + answered["new"] == 200
        assert min(answered["old"], answered["new"]) > 0


class TestGroups:
    async def test_answer_by_a_member_and_name_it(self, market):
        market.offer("one")
        market.group("llm", "one")
        await market.open()
        told = await market.gateway.call("/g/llm/chat")
        assert (told.json(), told.headers["x-usvc-group"]) == ({"from": "one"}, "llm")
        assert (await market.gateway.event()).service_id == make.service_id("one")

    async def test_share_the_calls_by_weight(self, market):
        market.offer("three")
        market.offer("one")
        market.group("llm", make.member("three", weight=3), make.member("one", weight=1))
        await market.open()
        draws = [place / 40 for place in range(40)]
        object.__setattr__(market.deps, "draw", lambda: draws.pop())
        answers = Counter([(await market.gateway.call("/g/llm")).json()["from"] for _ in range(40)])
        assert answers == {"three": 30, "one": 10}

    async def test_leave_out_members_that_the_customer_cannot_call(self, market):
        market.offer("open")
        market.offer("closed", requires_enrollment=True)
        market.offer("keyed", channel={"type": "byok", "required_secrets": ("MY_KEY",)})
        market.group("llm", "open", make.member("closed", weight=1000), make.member("keyed", weight=1000))
        await market.open()
        answers = {(await market.gateway.call("/g/llm")).json()["from"] for _ in range(10)}
        assert answers == {"open"}

    async def test_nobody_of_whom_can_be_called_say_why(self, market):
        market.offer("closed", requires_enrollment=True)
        market.group("llm", "closed")
        await market.open()
        told = await market.gateway.call("/g/llm")
        assert (told.status_code, told.json()["error"]["code"]) == (403, "enrollment_required")

    async def test_try_one_member_and_under_f_the_others(self, market):
        for name in ("one", "two"):
            market.offer(name, answer(b"", status=500))
        market.offer("three")
        market.group("llm", make.member("one", price="1"), make.member("two", price="2"),
                     make.member("three", price="3"), policy="by_price")  # fmt: skip
        await market.open()
        assert (await market.gateway.call("/g/llm")).status_code == 500
        told = await market.gateway.call("/f/g/llm")
        assert (told.json(), told.headers["x-usvc-failed"]) == ({"from": "three"}, "one 500, two 500")

    async def test_take_out_who_fails_and_take_it_back_after_a_probe(self, market):
        market.offer("bad", answer(b"", status=500))
        market.offer("good")
        market.group("llm", make.member("bad", price="1"), make.member("good", price="2"), policy="by_price")
        await market.open()
        codes = [(await market.gateway.call("/g/llm")).status_code for _ in range(8)]
        assert codes == [500] * 5 + [200] * 3
        market.answers("bad", json_answer({"from": "bad"}))
        state = market.deps.health._states[make.service_id("bad")]
        state.out_until = 1.0  # the time out is over
        assert (await market.gateway.call("/g/llm")).json() == {"from": "bad"}
        assert (await market.gateway.call("/g/llm")).json() == {"from": "bad"}

    async def test_all_of_whom_fail_are_tried_all_the_same(self, market):
        market.offer("bad", answer(b"", status=500))
        market.group("llm", "bad")
        await market.open()
        assert {(await market.gateway.call("/g/llm")).status_code for _ in range(8)} == {500}

    @pytest.mark.parametrize("kind", ["byok", "byoe", "enrollable"])
    async def test_do_not_blame_a_service_for_a_customers_own_key_or_address(self, market, kind):
        mine = make.enrollment(service_id=make.service_id("theirs"))
        market.gateway.publish_customer(secret_names=frozenset({"K"}), enrollments=(mine,))
        market.offer("theirs", answer(b"", status=500), channel={"type": kind, "required_secrets": ("K",)})
        market.offer("ours")
        market.group("llm", make.member("theirs", price="1"), make.member("ours", price="2"), policy="by_price")
        await market.open()
        assert {(await market.gateway.call("/g/llm")).status_code for _ in range(7)} == {500}

    async def test_list_the_models_that_the_customer_can_call(self, market):
        market.offer("one")
        market.offer("two", requires_enrollment=True)
        market.offer("three")
        market.group("llm", make.member("one", routing_key={"model": "fast"}),
                     make.member("two", routing_key={"model": "dear"}), make.member("three"))  # fmt: skip
        await market.open()
        headers = {"authorization": f"Bearer {market.gateway.key}"}
        told = (await market.gateway.client.get("/g/llm/models", headers=headers)).json()
        assert told["object"] == "list"
        assert [(model["id"], model["object"], model["owned_by"]) for model in told["data"]] == [
            ("fast", "model", "acme"), ("three", "model", "acme"),
        ]  # fmt: skip

    async def test_send_a_member_its_own_model(self, market):
        market.offer("one")
        market.group("llm", make.member("one", routing_key={"model": "fast"}, forwards={"model": "acme-7b"}))
        await market.open()
        await market.gateway.call("/g/llm", {"model": "fast", "n": 2})
        assert market.requests("one")[0].json == {"model": "acme-7b", "n": 2}

    @pytest.mark.parametrize(
        ("access", "model", "status"),
        [
            ("keyed", "fast", 200), ("keyed", "x", 404), ("keyed", None, 404),
            ("collection", "fast", 200), ("collection", "x", 404), ("collection", None, 200),
            ("open", "fast", 200), ("open", "x", 200), ("open", None, 200),
        ],
    )  # fmt: skip
    async def test_read_the_model_as_their_kind_says(self, market, access, model, status):
        market.offer("one")
        market.group("llm", make.member("one", routing_key={"model": "fast"}), access=access)
        await market.open()
        told = await market.gateway.call("/g/llm", {"model": model} if model else {"n": 1})
        assert told.status_code == status

    @pytest.mark.parametrize(("model", "who"), [("fast", "keyed"), ("other", "free"), (None, "either")])
    async def test_of_a_customer_leave_what_nobody_asks_for_to_members_without_a_model(self, market, model, who):
        market.offer("keyed")
        market.offer("free")
        members = make.member("keyed", routing_key={"model": "fast"}), make.member("free")
        market.group("llm", *members, access="collection")
        await market.open()
        body = {"model": model} if model else {"n": 1}
        answers = {(await market.gateway.call("/g/llm", body)).json()["from"] for _ in range(12)}
        assert answers == ({"keyed", "free"} if who == "either" else {who})

    async def test_keep_a_caller_at_one_member_when_sticky(self, market):
        for name in ("one", "two", "three"):
            market.offer(name)
        market.group("llm", "one", "two", "three", policy="sticky", sticky_header="x-session")
        await market.open()
        by_session = {
            session: {
                (await market.gateway.call("/g/llm", headers={"x-session": session})).json()["from"] for _ in range(3)
            }
            for session in "abcdefgh"
        }
        assert all(len(members) == 1 for members in by_session.values())
        assert len(set.union(*by_session.values())) > 1


class TestServersOfAChannel:
    async def offer(self, market, *servers):
        written = [{"base_url": f"{market.upstream.url}/{name}", "weight": weight} for name, weight in servers]
        market.offer("pool", config={"servers": written})
        for name, _ in servers:
            market.answers(name, json_answer({"from": name}))
        await market.open()

    async def test_share_the_calls_by_weight(self, market):
        await self.offer(market, ("a", 3), ("b", 1))
        draws = [place / 40 for place in range(40)]
        object.__setattr__(market.deps, "draw", lambda: draws.pop())
        answers = Counter([(await market.gateway.call("/p/pool")).json()["from"] for _ in range(40)])
        assert answers == {"a": 30, "b": 10}

    async def test_stand_in_for_one_that_takes_no_connection(self, market):
        await self.offer(market, ("a", 1), ("b", 1))
        written = [{"base_url": "http://127.0.0.1:1", "weight": 1000}, {"base_url": f"{market.upstream.url}/b"}]
        market.offer("pool", config={"servers": written})
        await market.open()
        object.__setattr__(market.deps, "draw", lambda: 0.1)
        told = await market.gateway.call("/p/pool")
        assert (told.json(), told.headers["x-usvc-failed"]) == ({"from": "b"}, "pool upstream_refused")

    async def test_do_not_repeat_what_a_server_has_answered_unless_under_f(self, market):
        await self.offer(market, ("a", 1), ("b", 1))
        market.answers("a", answer(b"", status=500))
        object.__setattr__(market.deps, "draw", lambda: 0.1)
        assert (await market.gateway.call("/p/pool")).status_code == 500
        assert (await market.gateway.call("/f/p/pool")).json() == {"from": "b"}
