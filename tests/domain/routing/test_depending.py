"""A path that is explained before anybody knows what the request asks for: all answers are shown, none is promised."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.routing.explanation import explain, resolve
from domain.routing.matching import Table
from domain.routing.snapshot import AliasRecord, AliasRow, ChainStep, RouteEntry, RouteRecord
from domain.routing.tree import Call, Choice, Depends
from tests.domain.routing.worlds import World
from tests.factories import records as make

SMALL, LARGE = {"model": "small"}, {"model": "large"}


def shared() -> World:
    """Two services at one path, told apart by their models."""
    world = World("small", "large")
    entries = tuple(RouteEntry({"model": name}, make.service_id(name)) for name in ("small", "large"))
    world.routes.set_record(RouteRecord("acme", entries))
    return world


def shown(world: World, path: str, **asker: Any) -> Any:
    return world.plan(path, shows_all=True, is_key_open=True, **asker)


def names(node: Any) -> set[str]:
    return {each["service_name"] for each in resolve(node)["candidates"]}


class TestASharedPath:
    def test_shows_everybody_who_answers_there_and_chooses_nobody(self):
        node = shown(shared(), "/p/acme")
        told = resolve(node)
        assert names(node) == {"small", "large"}
        assert (told["selected"], told["routing_strategy"]["content_dependent"]) == (None, True)

    def test_chooses_once_the_model_is_known(self):
        told = resolve(shared().plan("/p/acme", shows_all=True, routing_key=LARGE))
        assert (told["selected"]["service_name"], told["routing_strategy"]) == ("large", None)

    def test_with_one_service_is_that_service(self):
        world = World("small")
        world.routes.set_record(RouteRecord("acme", (RouteEntry(SMALL, make.service_id("small")),)))
        assert isinstance(shown(world, "/p/acme"), Call)

    def test_holds_what_the_dearest_of_them_costs(self):
        world = shared()
        world.offer("large", price=make.price("3", id=make.service_id("dear")))
        world.routes.set_record(RouteRecord("acme", (RouteEntry(SMALL, make.service_id("small")),
                                                     RouteEntry(LARGE, make.service_id("large")))))  # fmt: skip
        costs = {"small": Decimal(1), "large": Decimal(3)}
        assert explain(shown(world, "/p/acme"), lambda call: costs[call.service.name])["hold"] == {"USD": "3"}

    def test_of_the_customers_own_enrollments_counts_too(self):
        world = shared()
        route = make.enrollment_route("acme", {"model": "mine"})
        mine = make.enrollment("CEFF", service_id=make.service_id("small"), routes=(route,))
        node = shown(world, "/p/acme", customer=make.customer(enrollments=(mine,)))
        assert isinstance(node, Depends)
        assert [key for key, _ in node.options] == ['{"model":"large"}', '{"model":"mine"}', '{"model":"small"}']

    def test_is_not_looked_at_without_end(self):
        world = World()
        for number in range(300):
            world.offer(f"s{number}")
        entries = tuple(RouteEntry({"model": f"m{n}"}, make.service_id(f"s{n}")) for n in range(300))
        world.routes.set_record(RouteRecord("acme", entries))
        assert len(shown(world, "/p/acme").options) == 100


class TestAnAlias:
    def test_with_several_rows_shows_where_each_leads(self):
        world = World("small", "large", "rest")
        rows = [AliasRow(name, f"p/{name}", request_routing_key={"model": name}) for name in ("small", "large")]
        world.put(make.alias("llm", "p/rest", *rows))
        node = shown(world, "/m/a/llm")
        stage = explain(node, lambda _call: Decimal(1))["plan"]["miss"]
        assert [(each["routing_key"], each["plan"]["service"]) for each in stage["options"]] == [
            ("", "rest"), ('{"model":"large"}', "large"), ('{"model":"small"}', "small"),
        ]  # fmt: skip
        assert resolve(node)["selected"] is None

    def test_that_says_the_model_itself_leaves_nothing_open(self):
        world = shared()
        world.put(AliasRecord("llm", (AliasRow("1", "p/acme", None, LARGE),)))
        node = shown(world, "/a/llm")
        assert isinstance(node, Call)
        assert node.service.name == "large"

    def test_is_looked_through_for_models_further_on(self):
        world = shared()
        world.put(make.alias("llm", "p/acme"))
        assert names(shown(world, "/a/llm")) == {"small", "large"}


class TestAGroup:
    def members(self) -> tuple[Any, ...]:
        return tuple(make.member(name, routing_key={"model": name}) for name in ("small", "large"))

    def test_whose_members_differ_by_model_chooses_nobody(self):
        for access in ("open", "keyed", "collection"):
            world = World("small", "large")
            world.put(make.group("pool", *self.members(), access=access), own=False)
            node = shown(world, "/g/pool")
            told = resolve(node)
            assert names(node) == {"small", "large"}
            assert (told["selected"], told["routing_strategy"]) == (
                None, {"name": "weighted_random", "content_dependent": True, "depends_on": "the model"},
            )  # fmt: skip

    def test_whose_members_do_not_chooses(self):
        world = World("small", "large")
        world.put(make.group("pool", "small", "large"), own=False)
        told = resolve(shown(world, "/g/pool"))
        assert told["selected"]["service_name"] == "small"
        assert told["routing_strategy"] == {"name": "weighted_random", "content_dependent": False}

    def test_that_keeps_callers_by_a_header_chooses_when_the_header_is_known(self):
        world = World("small", "large")
        world.put(make.group("pool", "small", "large", policy="sticky", sticky_header="x-session"), own=False)
        told = resolve(shown(world, "/g/pool", caller="key"))
        assert (told["selected"], told["routing_strategy"]["depends_on"]) == (None, "the header x-session")
        known = shown(world, "/g/pool", caller="key", header=lambda _name: "a")
        assert resolve(known)["selected"]["service_name"] == known.calls[0].service.name

    def test_that_keeps_callers_by_their_key_chooses_when_the_key_is_known(self):
        world = World("small", "large")
        world.put(make.group("pool", "small", "large", policy="sticky"), own=False)
        assert resolve(shown(world, "/g/pool"))["routing_strategy"]["depends_on"] == "the API key"
        assert resolve(shown(world, "/g/pool", caller="key"))["selected"] is not None


class TestACall:
    def test_never_has_anything_open(self):
        """The gateway knows the request: what an explanation leaves open is decided there, with the same records."""
        world = shared()
        world.put(make.group("pool", *TestAGroup().members(), access="open"), own=False)
        for key in (SMALL, LARGE, None):
            node = world.plan("/g/pool", routing_key=key)
            assert isinstance(node, Choice)
            assert node.depends_on == ""

    def test_in_a_chain_whose_step_says_the_model_has_nothing_open(self):
        world = shared()
        step = ChainStep("one", "p/acme", body={"model": "large"}, on_success="continue")
        world.put(make.chain("work", step, ChainStep("two", "p/acme")))
        one, two = shown(world, "/c/work").steps
        assert isinstance(one.node, Call)
        assert isinstance(two.node, Depends)


def test_the_keys_of_a_path_are_those_of_the_longest_one_known():
    table = Table()
    table.set("acme", [("", "1")])
    table.set("acme/chat", [('{"model":"a"}', "2"), ('{"model":"b"}', "3")])
    assert table.keys_at(("acme", "x")) == ("",)
    assert set(table.keys_at(("acme", "chat", "completions"))) == {'{"model":"a"}', '{"model":"b"}'}
    assert table.keys_at(("nobody",)) == ()
