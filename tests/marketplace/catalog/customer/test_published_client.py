"""The customers' published client, unmodified, reads services and enrolls, against a running server."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from unitysvc import Client
from unitysvc.exceptions import AuthenticationError, NotFoundError, PermissionError, ValidationError

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import NOON, make_service

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where you are."},
        "token": {"type": "string", "title": "A password"},
        "key_name": {"type": "string"},
    },
    "required": ["city"],
}
OFFERING = {
    "upstream_access_config": {
        "managed": {"access_method": "http", "base_url": "https://upstream.example/v1", "is_primary": True},
        "byok": {
            "access_method": "http",
            "base_url": "https://upstream.example/v1",
            "api_key": "${ customer_secrets.UPSTREAM_KEY }",
            "description": "Your own key.",
        },
    },
}
BY_CHANNEL = {
    "type": "channel",
    "default": "managed",
    "description": "Free with your own key, else $2.",
    "channels": {
        "managed": {"type": "one_million_tokens", "input": "1.00", "output": "2.00"},
        "byok": {"type": "constant", "price": "0"},
    },
}
EXAMPLE = {
    "category": "code_example",
    "mime_type": "python",
    "file_path": "example.py.j2",
    "file_content": 'print("{{ listing.name }}", "{{ service_base_url }}"'
    '{% for tag in offering.tags %}, "{{ tag }}"{% endfor %})\n',
    "is_public": True,
}


@pytest.fixture
def customer(transactional_db: None) -> Team:
    return TeamFactory(name="buyer")


@pytest.fixture
def client(customer: Team, live_server) -> Iterator[Client]:
    with connected(customer, live_server) as found:
        yield found


def connected(team: Team, live_server, role: str = Role.OWNER) -> Client:
    _, key = api_keys.issue(team=team, role=role, name="program", by=None, now=NOON)
    return Client(api_key=key, base_url=f"{live_server.url}/v1")


def feed(**listing: object) -> Service:
    """Return a service that asks for a city, which goes into its upstream's address."""
    upstream = {"access_method": "http", "base_url": "https://upstream.example/{{ params.city }}"}
    return make_service(
        namespace="weather",
        name="feed",
        offering={"upstream_access_config": {"default": upstream}},
        listing={
            "user_parameters_schema": SCHEMA,
            "service_options": {"default_visibility": "public", "ops_testing_parameters": {"city": "Oslo"}},
            **listing,
        },
    )


class TestService:
    def test_is_shown_without_what_is_the_sellers_own(self, client):
        service = make_service(offering={"payout_price": {"type": "constant", "price": "0.731942"}})

        found = client.services.get(str(service.pk))

        assert (found.name, found.display_name, found.provider_name) == (
            service.name,
            "Acme Chat",
            service.provider.name,
        )
        assert (found.service_type, found.gateway_type, found.tags) == ("llm", "api", ["fast"])
        assert found.list_price["output"] == "2.00"
        assert "0.731942" not in str(found.to_dict())

    @pytest.mark.parametrize("status", ["draft", "suspended", "rejected"])
    def test_that_is_not_on_sale_is_not_found(self, client, status):
        service = make_service(status=status)

        with pytest.raises(NotFoundError):
            client.services.get(str(service.pk))

    def test_whose_sale_has_ended_is_still_shown(self, client):
        assert client.services.get(str(make_service(status="deprecated").pk)).name

    def test_is_read_without_a_key_but_not_with_a_bad_one(self, client, live_server):
        service = make_service()

        assert Client(base_url=f"{live_server.url}/v1").services.get(str(service.pk)).name == service.name
        with pytest.raises(AuthenticationError):
            Client(api_key="svcpass_nonsense", base_url=f"{live_server.url}/v1").services.get(str(service.pk))

    def test_is_answered_with_an_explicit_null_for_every_field_that_is_empty(self, client, live_server):
        response = client.services.get(str(make_service(listing={"display_name": None}).pk)).to_dict()

        assert response["enrollment_channel"] is None
        assert "display_name" in response


class TestAccessPlan:
    def test_tells_channels_with_prices_and_what_they_ask_for(self, client):
        service = make_service(offering=OFFERING, listing={"list_price": BY_CHANNEL})

        plan = client.services.access_plan(str(service.pk))

        assert plan.enrollment_mode == "disallowed"
        managed, byok = plan.channels
        assert (managed.name, managed.channel_type, managed.default, managed.selector) == (
            "managed",
            "managed",
            True,
            "@managed",
        )
        assert (managed.free, managed.price, managed.currency, managed.required_secrets) == (False, "1.80", "USD", [])
        assert (byok.free, byok.channel_type, byok.description) == (True, "byok", "Your own key.")
        assert [secret.name for secret in byok.required_secrets] == ["UPSTREAM_KEY"]

    def test_tells_parameters_and_that_enrolling_is_required(self, client):
        plan = client.services.access_plan(str(feed().pk))

        assert plan.enrollment_mode == "required"
        assert [(each.name, each.required, each.description) for each in plan.parameters] == [
            ("city", True, "Where you are."),
            ("token", False, "A password"),
            ("key_name", False, None),
        ]

    def test_tells_the_shared_interfaces_with_full_addresses(self, client, settings):
        service = make_service()

        (interface,) = client.services.access_plan(str(service.pk)).interfaces

        assert interface.base_url == f"{settings.API_GATEWAY_BASE_URL}/p/{service.name}"


class TestDocuments:
    def test_are_rendered_for_an_interface(self, client, settings):
        service = make_service(listing={"documents": {"Python example": EXAMPLE, **_connectivity()}})

        answer = client.services.documents(service.pk, include_content=True)

        (document,) = answer.documents
        address = f"{settings.API_GATEWAY_BASE_URL}/p/{service.name}"
        assert document.content == f'print("{service.name}", "{address}", "fast")\n'
        assert (document.filename, document.category, answer.interface) == ("example.py", "code_example", "canonical")
        assert answer.available_interfaces == ["canonical"]

    def test_come_without_content_unless_asked_and_one_by_one_with_it(self, client):
        service = make_service(listing={"documents": {"Python example": EXAMPLE, **_connectivity()}})

        (listed,) = client.services.documents(service.pk).documents
        (read,) = client.services.document(str(service.pk), str(listed.id)).documents

        assert listed.content is None
        assert read.content.startswith("print(")

    def test_that_cannot_be_rendered_say_why(self, client):
        broken = {**EXAMPLE, "file_content": "{{ listing.name }} {{ nobody.knows }}"}
        service = make_service(listing={"documents": {"Python example": broken, **_connectivity()}})

        (document,) = client.services.documents(service.pk, include_content=True).documents

        assert document.content is None
        assert "nobody" in document.render_error

    def test_are_filtered_and_an_unknown_interface_is_refused_with_the_known_ones(self, client):
        service = make_service(listing={"documents": {"Python example": EXAMPLE, **_connectivity()}})

        assert client.services.documents(service.pk, mime_type="bash").documents == []
        with pytest.raises(ValidationError, match="It has: canonical"):
            client.services.documents(service.pk, interface="nonsense")

    def test_that_are_not_public_are_never_shown(self, client):
        service = make_service(listing={"documents": {"Notes": {**EXAMPLE, "is_public": False}, **_connectivity()}})

        assert client.services.documents(service.pk, include_content=True).documents == []


class TestEnrollment:
    def test_is_made_and_read_and_called_by_its_code(self, client, settings):
        service = feed()

        enrollment = client.enrollments.create(service_id=service.pk, parameters={"city": "Oslo", "token": "hunter2"})

        assert enrollment.status == "active"
        found = client.enrollments.get(str(enrollment.id))
        assert found.parameters.to_dict() == {"city": "Oslo", "token": "***masked***"}
        assert found.proxy_endpoint == f"{settings.API_GATEWAY_BASE_URL}/e/{found.code}"
        assert found.service["name"] == service.name
        own = [each for each in client.services.interfaces(str(service.pk)) if each.enrollment_id]
        assert [each.base_url for each in own] == [found.proxy_endpoint]
        assert [each.code for each in client.enrollments.list().data] == [found.code]

    def test_with_wrong_parameters_is_refused_with_every_reason(self, client):
        with pytest.raises(ValidationError, match="city"):
            client.enrollments.create(service_id=feed().pk, parameters={"planet": "Mars"})

    def test_is_cancelled_and_stays_readable(self, client):
        enrollment = client.enrollments.create(service_id=feed().pk, parameters={"city": "Oslo"})

        cancelled = client.enrollments.cancel(str(enrollment.id))

        assert (cancelled.status, str(cancelled.enrollment_id)) == ("cancelled", str(enrollment.id))
        assert client.enrollments.get(str(enrollment.id)).status == "cancelled"
        assert client.enrollments.get(str(enrollment.id)).proxy_endpoint is None

    def test_needs_the_right_and_is_nobody_elses(self, client, customer, live_server):
        service = feed()
        enrollment = client.enrollments.create(service_id=service.pk, parameters={"city": "Oslo"})

        with pytest.raises(PermissionError):
            connected(customer, live_server, Role.VIEWER).enrollments.create(
                service_id=service.pk, parameters={"city": "Bonn"}
            )
        with pytest.raises(NotFoundError):
            connected(TeamFactory(), live_server).enrollments.get(str(enrollment.id))
        with pytest.raises(NotFoundError):
            client.enrollments.get(str(uuid4()))


class TestSecrets:
    def test_are_set_listed_and_deleted_and_never_shown(self, client):
        made = client.secrets.set("UPSTREAM_KEY", "hunter2", description="For the model.")
        client.secrets.set("REGION", "eu", sensitive=False)

        assert (made.name, made.sensitive, made.value, made.owner_type) == ("UPSTREAM_KEY", True, None, "customer")
        assert {each.name: each.value for each in client.secrets.list().data} == {"UPSTREAM_KEY": None, "REGION": "eu"}
        client.secrets.delete("UPSTREAM_KEY")
        with pytest.raises(NotFoundError):
            client.secrets.get("UPSTREAM_KEY")

    def test_with_a_bad_name_are_refused_in_words_that_the_client_reads(self, client):
        with pytest.raises(ValidationError, match="capital letters"):
            client.secrets.set("lower-case", "x")


def _connectivity() -> dict[str, object]:
    return {"Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"}}
