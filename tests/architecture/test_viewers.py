"""Who may only view changes nothing of their own team, at any address that there is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from tests.architecture import addresses
from tests.architecture.test_isolation import FORM, Visitor, is_refused, rows, undone
from tests.factories.belongings import Belongings, belongings
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db
WRITES = ("POST", "PATCH", "DELETE", "PUT")
#: Written to by whoever views: {(method, pattern): why}.
OPEN: dict[tuple[str, str], str] = {}


def people(owner: Belongings, role: str) -> list[Visitor]:
    """Return a member of both teams with a role, in a browser and as a program."""
    teams = {"buyer": owner.buyer, "seller": owner.seller}
    browsers = [Visitor(f"{whose}'s {role}", visitor(team, role)) for whose, team in teams.items()]
    return browsers + [Visitor(f"{whose}'s {role} key", program(team, role)) for whose, team in teams.items()]


def program(team: Team, role: str) -> Client:
    _, text = api_keys.issue(team=team, role=role, name=role, by=None, now=timezone.now())
    return Client(headers={"Authorization": f"Bearer {text}"})


def of_objects() -> list[str]:
    return [route for route in addresses.routes() if addresses.arguments(route)]


def test_viewers_are_refused_every_change_and_make_none():
    owner = belongings()
    viewers = people(owner, Role.VIEWER)
    before, found = rows(), []

    for each in viewers:
        for method in WRITES:
            for route in of_objects():
                response = each.ask(method, addresses.filled(route, owner), FORM)
                if not is_refused(response) and (method, route) not in OPEN:
                    found.append(f"{each.who}: {method} {route} -> {response.status_code}")

    after = rows()
    changed = sorted({label for label, key in before if after.get((label, key)) != before[label, key]})
    assert (found, changed) == ([], [])


def test_administrators_may_change_what_viewers_may_not():
    """Else a refusal would prove nothing: nobody might be let in."""
    owner = belongings()
    administrators = people(owner, Role.ADMIN)

    closed = [
        (method, route)
        for route in of_objects()
        if route.startswith("v1/")
        for method in ("PATCH", "DELETE")
        if all(undone(each, method, addresses.filled(route, owner)).status_code == 403 for each in administrators)
    ]

    assert closed == []
