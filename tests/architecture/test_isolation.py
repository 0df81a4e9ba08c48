"""Nobody reads or changes what another team has: every outsider asks for it at every address that there is.

A new address with an argument needs a line in addresses.OBJECTS that says whose object it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from tests.architecture import addresses
from tests.factories.accounts import TeamFactory
from tests.factories.belongings import HOST, SECRET, Belongings, belongings
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db
#: PUT comes last: what it makes is the visitor's own, and may then be read and deleted by them.
METHODS = ("GET", "POST", "PATCH", "DELETE", "PUT")
FLOORS = ("accounts.", "billing.", "marketplace.", "gateway_admin.")
#: What is sent along, so that no form is refused before the object is looked for.
FORM = {"host": HOST, "visibility": "public", "value": "stolen", "description": "stolen", "role": "viewer"}
_TARGET = {"name": "stolen", "target_path": "p/stolen", "sort_order": 1}
#: {(method, last segment of the address, or the one before it): body}; the segment "" stands for all others.
BODIES: dict[tuple[str, str], object] = {
    ("PATCH", ""): {"visibility": "unlisted"},
    ("PATCH", "service-groups"): {"description": "stolen"},
    ("PATCH", "promotions"): {"priority": 9},
    ("PATCH", "documents"): {"status": "pending"},
    ("PUT", ""): {"value": "stolen"},
    ("PUT", "steps"): [_TARGET],
    ("PUT", "targets"): [_TARGET],
    ("POST", "steps"): _TARGET,
    ("POST", "dispute"): {"reason": "billing_error", "text": "stolen"},
    ("POST", "targets"): _TARGET,
    ("POST", "members"): {"service_id": str(uuid4())},
}

#: Here even an owner finds nothing: it is what everybody reads, or opens with a word that nobody was given.
PUBLIC_ONLY = ("v1/services/", "teams/join/", "teams/open/", "providers/", "groups/")
#: Asked for by arguments, and yet answered to everybody: {(method, pattern): why}.
ANSWERED = {
    ("GET", "request-logs/export/<str:kind>"): "the format is no object; the rows are those of whoever asks",
    ("GET", "v1/seller/tasks/<task_id>"): "an upload of somebody else looks like one that has not begun",
    ("GET", "v1/seller/tasks/<task_id>/"): "the same",
    ("GET", "v1/seller/templates/<template_id>"): "templates are for all sellers",
    ("GET", "v1/seller/templates/<template_id>/"): "the same",
    ("GET", "seller/templates/<uuid:template_id>/use"): "the same",
    ("POST", "seller/templates/<uuid:template_id>/use"): "the same: makes a service for whoever asks",
    ("GET", "docs/<path:page>"): "the documentation is for everybody",
    ("GET", "topics/<slug:slug>"): "the same, for programs",
    ("PUT", "v1/seller/secrets/<name>"): "makes a secret of that name for whoever asks",
    ("PUT", "v1/seller/secrets/<name>/"): "the same",
    ("PUT", "v1/secrets/<name>"): "the same, for customers",
    ("PUT", "v1/secrets/<name>/"): "the same",
    **{
        (method, f"v1/preferences/<name>{slash}"): "every account has preferences of these names"
        for method in ("GET", "PUT", "DELETE")
        for slash in ("", "/")
    },
}


@dataclass(frozen=True)
class Visitor:
    """Somebody, and the browser or program in which they are logged in."""

    who: str
    client: Client
    team: Team | None = None

    def ask(self, method: str, address: str, form: dict[str, str] | None = None) -> HttpResponse:
        """Ask as a page or a program would."""
        if address.startswith("/v1/"):
            *_, before, last = address.rstrip("/").split("/")
            body = json.dumps(
                next((BODIES[method, each] for each in (last, before, "") if (method, each) in BODIES), {})
            )
            return self.client.generic(method, address, body, content_type="application/json")
        send = getattr(self.client, method.lower())
        return send(address, form) if form is not None and method in {"GET", "POST"} else send(address)


@pytest.fixture
def owner(db: None) -> Belongings:
    return belongings()


@pytest.fixture
def owners(owner: Belongings) -> list[Visitor]:
    """The people whose things they are."""
    return [
        Visitor("buyer", visitor(owner.buyer)),
        Visitor("seller", visitor(owner.seller)),
        Visitor("seller's program", Client(headers={"Authorization": f"Bearer {owner.seller_key_text}"})),
        Visitor("buyer's program", Client(headers={"Authorization": f"Bearer {owner.buyer_key_text}"})),
    ]


@pytest.fixture
def outsiders(owner: Belongings) -> list[Visitor]:
    """Everybody else."""
    customer, seller = TeamFactory(), TeamFactory(seller=True)
    return [
        Visitor("anybody", Client()),
        Visitor("another customer", visitor(customer)),
        Visitor("another seller", visitor(seller)),
        Visitor("another customer's program", program(customer), customer),
        Visitor("another seller's program", program(seller), seller),
    ]


def program(team: Team) -> Client:
    _, text = api_keys.issue(team=team, role=Role.OWNER, name="program", by=None, now=timezone.now())
    return Client(headers={"Authorization": f"Bearer {text}"})


def of_objects() -> list[str]:
    return [route for route in addresses.routes() if addresses.arguments(route)]


def text(response: HttpResponse) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def is_refused(response: HttpResponse) -> bool:
    """Return whether an answer gives nothing and did nothing: a redirect only counts when it leads to the log-in."""
    is_sent_to_login = response.status_code == 302 and response.headers["Location"].startswith("/accounts/login/")
    return is_sent_to_login or response.status_code in {401, 403, 404, 405}


def leaked(response: HttpResponse, owner: Belongings, sent: str) -> list[str]:
    """Return the owner's words in an answer; what the visitor sent is nothing new to them."""
    told = text(response) + str(response.headers)
    return [word for word in owner.canaries if word in told and word not in sent]


def rows() -> dict[tuple[str, object], dict[str, object]]:
    """Return every row of our tables."""
    models = [model for model in apps.get_models() if model.__module__.startswith(FLOORS)]
    return {
        (model._meta.label, tuple(row[field.attname] for field in model._meta.pk_fields)): row
        for model in models
        for row in model.objects.values()
    }


def attempts(owner: Belongings) -> Iterator[tuple[str, str, str, dict[str, str] | None]]:
    """Yield (pattern, method, address, form) of whatever may be asked: by arguments, queries and forms; and lists."""
    for address, form in (
        ("/teams/switch", {"team": str(owner.buyer.pk)}),
        ("/teams/switch", {"team": str(owner.seller.pk)}),
    ):
        yield address, "POST", address, form
    for address in (
        f"/v1/seller/tasks/?id={owner.task.key}",
        "/v1/enrollments/?shared=false",
        "/v1/secrets/?shared=false",
        f"/v1/seller/services?ids={owner.service.pk}",
        "/v1/seller/services?status=active&visibility=private",
        f"/market/compare?compare={owner.service.pk}",
        f"/market?compare={owner.service.pk}",
        "/market?q=vermilion",
        "/enrollments?show=ended",
        f"/secrets/new?name={SECRET}",
    ):
        yield address, "GET", address, None
    for method in METHODS:
        for route in addresses.routes():
            yield route, method, addresses.filled(route, owner), FORM if addresses.arguments(route) else None


class TestEveryAddress:
    def test_says_whose_object_its_arguments_name(self):
        unknown = {
            route: missing
            for route in addresses.routes()
            if (missing := [each for each in addresses.arguments(route) if each not in addresses.OBJECTS])
        }

        assert unknown == {}, "add them to addresses.OBJECTS"

    def test_has_arguments_in_one_way_of_writing(self):
        """Patterns that are regular expressions would be read as addresses without arguments."""
        assert [route for route in addresses.routes() if set(route) & set("^$()\\?*")] == []

    def test_of_an_object_is_open_to_its_owner(self, owner, owners):
        """Else a refusal would prove nothing: the object might not be the one that the address means."""
        closed = []
        for route in of_objects():
            if route.startswith(PUBLIC_ONLY):
                continue
            address = addresses.filled(route, owner)
            if all(is_refused(undone(each, method, address)) for each in owners for method in METHODS):
                closed.append(route)

        assert closed == []


class TestOutsiders:
    def test_are_refused_what_others_own_read_nothing_of_it_and_change_nothing(self, owner, outsiders):
        own = {str(each.team.pk) for each in outsiders if each.team}  # records of what they made for themselves
        before, found = {key: row for key, row in rows().items() if row.get("key") not in own}, []

        for each in outsiders:
            for route, method, address, form in attempts(owner):
                response = each.ask(method, address, form)
                is_open = not addresses.arguments(route) or (method, route) in ANSWERED
                if not (is_open or is_refused(response)):
                    found.append(f"{each.who}: {method} {route} -> {response.status_code}")
                if words := leaked(response, owner, sent=f"{address} {form}"):
                    found.append(f"{each.who}: {method} {route} tells {words}")

        after = rows()
        assert found == []
        assert {label_and_key: after.get(label_and_key) for label_and_key in before} == before


class TestOwners:
    def test_read_every_word_that_outsiders_must_not(self, owner, owners):
        """Else a page without them would prove nothing."""
        unread = set(owner.canaries)
        for each, (_, method, address, form) in product(owners, list(attempts(owner))):
            if unread and method == "GET":
                unread -= set(leaked(each.ask(method, address, form), owner, sent=""))

        assert unread == set()


def undone(each: Visitor, method: str, address: str) -> HttpResponse:
    """Return the answer, and take back what was done."""
    with transaction.atomic():
        response = each.ask(method, address, FORM)
        transaction.set_rollback(True)
    return response
