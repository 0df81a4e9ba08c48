"""What a group says of members that not everybody may know of: to strangers nothing, to the enrolled what they are."""

from __future__ import annotations

import pytest

from domain.routing.snapshot import GroupRecord
from domain.routing.tree import Choice, Listing, Refused
from tests.domain.routing.worlds import World
from tests.factories import records as make

HIDDEN = {"visibility": "private", "requires_enrollment": True}
STRANGER = make.customer()
ENROLLED = make.customer(enrollments=(make.enrollment(service_id=make.service_id("hidden")),))


def market(*names: str, access: str = "keyed") -> World:
    """Offer services in a seller's group; the one that is called hidden is private."""
    world = World(*names, hidden=HIDDEN)
    members = (make.member(name, routing_key={"model": f"{name}-1"}, is_private=name == "hidden") for name in names)
    world.put(make.group("pool", *members, access=access), own=False)
    return world


def refusal(world: World, **asker) -> str:
    node = world.plan("/g/pool", **asker)
    assert isinstance(node, Refused)
    return f"{node.refusal.code}: {node.refusal.message}"


@pytest.mark.parametrize("model", ["hidden-1", "nobody-1"])
def test_a_stranger_is_told_of_the_others_whatever_is_asked_for(model):
    told = refusal(market("open", "hidden"), customer=STRANGER, routing_key={"model": model})
    assert told.startswith("routing_key_unknown")
    assert told.replace(model, "") == refusal(
        market("open"), customer=STRANGER, routing_key={"model": model}
    ).replace(model, "")  # fmt: skip


def test_who_is_enrolled_is_told_of_it_and_may_call_it():
    world = market("open", "hidden")
    assert "hidden-1" in refusal(world, customer=ENROLLED, routing_key={"model": "nobody-1"})
    node = world.plan("/g/pool", customer=ENROLLED, routing_key={"model": "hidden-1"})
    assert isinstance(node, Choice)
    assert [call.service.name for call in node.calls] == ["hidden"]


@pytest.mark.parametrize(("customer", "seen"), [(STRANGER, ["open"]), (ENROLLED, ["hidden", "open"])])
def test_it_is_among_the_candidates_and_models_of_those_alone_who_know_of_it(customer, seen):
    world = market("open", "hidden", access="open")
    node = world.plan("/g/pool", customer=customer, shows_all=True)
    assert isinstance(node, Choice)
    assert {each.service_id for each in node.candidates} == {make.service_id(name) for name in seen}
    listing = world.plan("/g/pool/models", customer=customer, method="GET")
    assert isinstance(listing, Listing)
    assert [name for name, _ in listing.models] == [f"{name}-1" for name in seen]


def test_a_group_of_nothing_else_is_an_empty_one_to_strangers():
    assert refusal(market("hidden"), customer=STRANGER) == refusal(market(), customer=STRANGER)


def test_a_customer_is_told_why_what_stands_in_their_own_collection_cannot_be_called():
    world = market("hidden", access="collection")
    record: GroupRecord = world.records["group", "pool"]
    world.put(record)
    node = world.plan("/g/pool", customer=STRANGER, shows_all=True)
    assert isinstance(node, Refused)
    assert node.refusal.code == "service_not_found"
