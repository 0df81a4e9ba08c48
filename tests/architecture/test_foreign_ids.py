"""What belongs to others is answered exactly as what does not exist: nobody learns that there is such a thing."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from django.test import Client

from tests.architecture import addresses
from tests.architecture.people import normal, taken_back, told_to_nobody, understood
from tests.architecture.test_isolation import FORM, Visitor, of_objects, program
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.belongings import Belongings, belongings
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


def test_every_answer_has_an_id_of_its_request():
    ids = [each.headers.get("X-Request-Id") for of in told_to_nobody().values() for each in of.values()]

    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_foreign_and_unknown_ids_are_answered_alike_by_every_address():
    owner = belongings()
    customer, seller, operators = TeamFactory(), TeamFactory(seller=True), TeamFactory(owner=UserFactory(operator=True))
    people = {
        "v1/seller/": [Visitor("another seller's program", program(seller))],
        "v1/": [Visitor("another customer's program", program(customer)), Visitor("anybody", Client())],
        "": [
            Visitor("another customer", visitor(customer)),
            Visitor("another seller", visitor(seller)),
            Visitor("an operator", visitor(operators)),
        ],
    }

    differing = [
        f"{each.who}: {method} {route}\n{difference(*answers)}"
        for route in of_objects()
        if not (route.startswith("v1/") and route.endswith("/"))  # the other spelling of the same
        if "template_id" not in route  # templates are for all sellers
        for each in next(found for root, found in people.items() if route.startswith(root))
        for method in understood()[route]
        if len(set(answers := both(each, method, route, owner))) == 2
    ]

    assert differing == [], "\n\n".join(differing)


def both(each: Visitor, method: str, route: str, owner: Belongings) -> list[str]:
    """Return the answers about what the owner has and about what nobody has, without what always differs."""
    answers = []
    for address in (addresses.filled(route, owner), addresses.unknown(route, owner)):
        with taken_back():
            response = each.ask(method, address, FORM)
        answers.append(normal(response, address, *(each for each in address.split("/")[2:] if not each.isdigit())))
    return answers


def difference(told_of: str, told_not: str) -> str:
    """Return the lines that differ."""
    lines = unified_diff(told_of.splitlines(), told_not.splitlines(), "what somebody has", "what nobody has", n=0)
    return "\n".join(lines)
