"""From a path to a plan: what is expanded, in which order, how far, and what it asks for on the way."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest

from domain.routing.asking import PlanRefused
from domain.routing.endings import later
from domain.routing.estimates import worst_case
from domain.routing.explanation import explain, resolve
from domain.routing.grammar import parse
from domain.routing.identity import identity
from domain.routing.plan import Call
from domain.routing.snapshot import (
    ALIAS,
    BROADCAST,
    CHAIN,
    GROUP,
    AliasRecord,
    AliasRow,
    BroadcastTarget,
    ChainStep,
)  # fmt: skip
from domain.routing.tree import Choice, Failover, Memo, Refused, Tee
from tests.domain.routing.worlds import World
from tests.factories import records as make


def dime(_call: Call) -> Decimal:
    return Decimal("0.10")


def total(node) -> Decimal:
    return sum(worst_case(node, dime).values(), Decimal(0))


class TestWrappers:
    def test_stand_in_a_fixed_order_around_the_target(self):
        node = World("acme", "backup", "other").plan("/t/f/m/p/acme", "_else=p/backup&_to=p/other")
        assert isinstance(node, Memo)
        assert isinstance(node.inner, Tee)
        assert isinstance(node.inner.primary, Failover)
        assert isinstance(node.inner.primary.primary, Call)

    def test_of_an_alias_act_inside_of_the_calls_own(self):
        world = World("acme", "backup")
        world.put(make.alias("llm", "f/p/acme?_else=p/backup"))
        node = world.plan("/m/a/llm")
        assert isinstance(node, Memo)
        assert isinstance(node.inner, Failover)

    def test_reach_every_call_with_what_is_to_be_logged(self):
        world = World("acme", "backup")
        world.put(make.alias("llm", "f/p/acme?_else=p/backup"))
        node = world.plan("/l/a/llm", "_complete")
        assert isinstance(node, Failover)
        assert [side.log for side in (node.primary, node.fallback)] == ["complete", "complete"]


class TestRecords:
    def test_are_asked_for_one_name_at_a_time(self):
        world = World("acme")
        for number in range(1000):
            world.put(make.alias(f"n{number}", "p/acme"))
        world.plan("/a/n7")
        assert [(need.kind, need.key) for need in world.asked] == [
            ("alias", f"{make.TEAM}/n7"), ("routes", "acme"), ("service", make.service_id("acme")),
        ]  # fmt: skip

    def test_of_a_group_are_read_only_as_far_as_a_call_needs(self):
        names = [f"s{number}" for number in range(30)]
        world = World(*names)
        world.put(make.group("pool", *names), own=False)
        world.plan("/g/pool")
        assert sum(need.kind == "service" for need in world.asked) == 1
        world.asked.clear()
        world.plan("/f/g/pool")
        assert sum(need.kind == "service" for need in world.asked) == 5
        world.asked.clear()
        world.plan("/g/pool", shows_all=True)
        assert sum(need.kind == "service" for need in world.asked) == 30

    @pytest.mark.parametrize(
        ("codec", "record"),
        [
            (ALIAS, AliasRecord("llm", (AliasRow("1", "p/x", {"model": "a"}, {"model": "b"}, False),))),
            (GROUP, make.group("g", make.member("a", price=Decimal("0.000000000001"), weight=0), policy="sticky")),
            (CHAIN, make.chain("c", ChainStep("one", "p/x", body={"a": ["{{ previous.body }}"]}, headers={"x": "y"}))),
            (BROADCAST, make.broadcast("b", BroadcastTarget("t", "p/x", {"model": "m"}, 5), policy="quorum", quorum=1)),
        ],
    )
    def test_read_back_as_they_were_written(self, codec, record):
        assert codec.decode(codec.encode(record)) == record


class TestAGroup:
    def test_shares_ten_thousand_calls_three_to_one_within_two_per_cent(self):
        world = World("three", "one")
        world.put(make.group("pool", make.member("three", weight=3), make.member("one", weight=1)), own=False)
        chance = random.Random(5).random
        called = Counter(world.plan("/g/pool/chat", draw=chance).calls[0].service.name for _ in range(10_000))
        assert called["three"] / 10_000 == pytest.approx(0.75, abs=0.02)


class TestLimits:
    def test_five_aliases_in_a_row_are_followed(self):
        world = World("acme")
        for number in range(1, 6):
            world.put(make.alias(f"n{number}", f"a/n{number - 1}" if number > 1 else "p/acme"))
        world.put(make.alias("n6", "a/n5"))
        assert isinstance(world.plan("/a/n5"), Call)
        with pytest.raises(PlanRefused) as caught:
            world.plan("/a/n6")
        assert caught.value.refusal.code == "routing_too_deep"

    def test_eight_paths_within_each_other_are_followed(self):
        def nested(levels):
            world = World("acme")
            for number in range(levels):
                inner = f"b/b{number + 1}" if number < levels - 1 else "p/acme"
                world.put(make.broadcast(f"b{number}", BroadcastTarget("t", inner)))
            return world.plan("/b/b0")

        nested(7)
        with pytest.raises(PlanRefused) as caught:
            nested(8)
        assert caught.value.refusal.code == "routing_too_deep"

    def test_fifty_upstream_calls_are_the_most(self):
        world = World("acme")
        for calls in (50, 51):
            world.put(make.broadcast(f"b{calls}", *[BroadcastTarget(f"t{n}", "p/acme") for n in range(calls)]))
        world.plan("/b/b50")
        with pytest.raises(PlanRefused) as caught:
            world.plan("/b/b51")
        assert caught.value.refusal.code == "too_many_calls"

    @pytest.mark.parametrize("path", ["/c/loop", "/b/loop", "/a/loop"])
    def test_a_way_back_is_refused_whatever_it_leads_through(self, path):
        world = World("acme")
        world.put(make.alias("loop", "c/loop"))
        world.put(make.chain("loop", ChainStep("one", "b/loop")))
        world.put(make.broadcast("loop", BroadcastTarget("t", "a/loop")))
        with pytest.raises(PlanRefused) as caught:
            world.plan(path)
        assert caught.value.refusal.code == "routing_cycle"

    def test_the_same_name_twice_side_by_side_is_none(self):
        world = World("acme")
        world.put(make.alias("llm", "p/acme"))
        world.put(make.broadcast("both", BroadcastTarget("one", "a/llm"), BroadcastTarget("two", "a/llm")))
        world.plan("/f/a/llm", "_else=a/llm")
        world.plan("/b/both")


class TestTheHold:
    def test_is_the_dearest_of_alternatives_and_the_sum_of_the_rest(self):
        world = World("s0", "s1", "s2")
        world.put(make.group("pool", "s0", "s1", "s2"), own=False)
        world.put(make.chain("chain", ChainStep("one", "p/s0"), ChainStep("two", "f/p/s1?_else=p/s2")))
        world.put(make.broadcast("both", "s0", BroadcastTarget("chain", "c/chain")))
        holds = {
            path: total(world.plan(*path.split("?")))
            for path in ("/p/s0", "/f/g/pool", "/f/p/s0?_else=c/chain", "/c/chain", "/b/both", "/t/b/both?_to=c/chain",
                         "/m/t/p/s0?_to=p/s1")
        }  # fmt: skip
        assert holds == {
            "/p/s0": Decimal("0.10"),
            "/f/g/pool": Decimal("0.10"),
            "/f/p/s0?_else=c/chain": Decimal("0.20"),
            "/c/chain": Decimal("0.20"),
            "/b/both": Decimal("0.30"),
            "/t/b/both?_to=c/chain": Decimal("0.50"),
            "/m/t/p/s0?_to=p/s1": Decimal("0.20"),
        }


class TestTheExplanation:
    def test_shows_every_candidate_with_its_weight_or_why_it_is_out(self):
        world = World("s0", "s1", s1={"requires_enrollment": True})
        world.put(make.group("pool", make.member("s0", weight=3), make.member("s1"), make.member("s9")), own=False)
        shown = explain(world.plan("/g/pool", shows_all=True), dime)
        out = {
            each["service_id"]: (each["weight"], each["out"].partition(":")[0]) for each in shown["plan"]["candidates"]
        }
        assert out == {
            make.service_id("s0"): (3, ""),
            make.service_id("s1"): (10, "enrollment_required"),
            make.service_id("s9"): (10, "service_not_found"),
        }
        assert (shown["hold"], shown["cost"]) == ({"USD": "0.10"}, {"USD": "0.10"})

    def test_tells_the_cost_of_a_chain_by_its_usual_way(self):
        world = World("s0")
        steps = [ChainStep("one", "p/s0", "three"), ChainStep("two", "p/s0"), ChainStep("three", "p/s0")]
        world.put(make.chain("chain", *steps))
        shown = explain(world.plan("/c/chain"), dime)
        assert (shown["hold"], shown["cost"]) == ({"USD": "0.30"}, {"USD": "0.20"})

    def test_resolves_a_group_to_its_candidates_and_the_chosen_one(self):
        world = World("s0", "s1")
        world.put(make.group("pool", make.member("s0", weight=3), "s1"), own=False)
        told = resolve(world.plan("/m/f/g/pool", shows_all=True))
        assert told["selected"]["service_id"] == make.service_id("s0")
        assert told["routing_strategy"]["name"] == "weighted_random"
        assert [each["weight"] for each in told["candidates"]] == [3, 10]

    def test_resolves_a_service_to_itself_and_several_to_none(self):
        world = World("s0", "s1")
        world.put(make.broadcast("both", "s0", "s1"))
        assert resolve(world.plan("/p/s0"))["selected"]["service_name"] == "s0"
        told = resolve(world.plan("/b/both"))
        assert (told["selected"], len(told["candidates"])) == (None, 2)

    def test_takes_another_policy_when_it_is_asked_for_one(self):
        world = World("s0", "s1")
        world.put(make.group("pool", make.member("s0", price=2), make.member("s1", price=1)), own=False)
        node = world.plan("/g/pool", policy="by_price")
        assert isinstance(node, Choice)
        assert (node.policy, node.calls[0].service.name) == ("by_price", "s1")


class TestIdentity:
    def test_does_not_depend_on_the_member_that_was_drawn(self):
        world = World("s0", "s1")
        world.put(make.group("pool", "s0", "s1"), own=False)
        nodes = [world.plan("/g/pool", draws=[draw]) for draw in (0.1, 0.9)]
        assert [node.calls[0].service.name for node in nodes] == ["s0", "s1"]
        assert identity(nodes[0]) == identity(nodes[1])

    def test_does_not_depend_on_what_the_drawn_member_is_asked_for_itself(self):
        world = World("s0", "s1")
        members = (make.member(name, forwards={"model": f"native-{name}"}) for name in ("s0", "s1"))
        world.put(make.group("pool", *members), own=False)
        first, second = (identity(world.plan("/g/pool", draws=[draw])) for draw in (0.1, 0.9))
        assert first == second

    def test_depends_on_what_a_group_is_asked_for(self):
        world = World()
        world.offer("s0", channels=(make.channel(is_primary=True), make.channel("quick")))
        world.put(make.group("pool", "s0"), own=False)
        rows = (AliasRow(each, "g/pool", routing_key_override={"model": each}) for each in "ab")
        for row in rows:
            world.put(AliasRecord(row.id, (row,)))
        paths = ("/g/pool", "/g/pool@quick", "/a/a", "/a/b")
        assert len({identity(world.plan(path)) for path in paths}) == len(paths)

    def test_changes_with_where_an_alias_leads(self):
        world = World("s0", "s1")
        world.put(make.alias("llm", "p/s0"))
        before = identity(world.plan("/a/llm"))
        world.put(make.alias("llm", "p/s1"))
        assert identity(world.plan("/a/llm")) != before


class TestLater:
    @pytest.mark.parametrize(
        ("path", "query", "kept"),
        [
            ("/r/p/acme", "_every=5m", "/p/acme"),
            ("/d/m/p/acme/x", "_in=5s&_ttl=1h&q=1", "/m/p/acme/x?q=1&_ttl=1h"),
            ("/l/r/f/p/acme", "_every=5m?_else=g%2Fllm%3F_ttl%3D5m", "/l/f/p/acme?_else=g/llm%3F_ttl%3D5m"),
        ],
    )
    def test_keeps_what_acts_on_each_run(self, path, query, kept):
        assert later(parse(path, query)) == kept

    def test_is_the_same_call_without_the_wrapper(self):
        world = World("acme", "backup", "other")
        query = "_every=5m&q=a%20b&_else=m%2Fp%2Fbackup%3F_ttl%3D5m%26x%3D1&_to=p%2Fother"
        node = world.plan("/r/t/f/p/acme", query)
        path, _, rest = node.path.partition("?")
        assert world.plan(path, rest) == node.inner


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "code"),
        [("/a/x", "alias_not_found"), ("/g/x", "group_not_found"), ("/c/x", "chain_not_found"),
         ("/b/x", "broadcast_not_found"), ("/p/x", "service_not_found"), ("/e/AAAA", "enrollment_not_found"),
         ("/b/tasks/x", "task_not_found")],
    )  # fmt: skip
    def test_are_the_same_for_what_is_not_there_and_what_is_somebody_elses(self, path, code):
        node = World().plan(path)
        assert isinstance(node, Refused)
        assert (node.refusal.status, node.refusal.code) == (404, code)
