"""Pages of enrollments: what members see and do, what outsiders do not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from gateway_admin.secrets import services as secrets
from marketplace.catalog import services as catalog
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import make_service
from tests.factories.visitors import HTMX, visitor
from tests.fakes import html_form

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FEED = {
    "user_parameters_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "title": "City"},
            "stations": {"type": "array", "title": "Stations", "items": {"type": "string", "title": "Station"}},
            "key": {"type": "string", "default": ""},
        },
        "required": ["city"],
    },
    "service_options": {"default_visibility": "public", "ops_testing_parameters": {"city": "Oslo"}},
    "user_access_interfaces": {
        "own": {"base_url": "${API_GATEWAY_BASE_URL}/feed/{{ enrollment.code }}"},
        "shared": {"base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"},
    },
    "documents": {
        "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"},
        "Terms of the feed": {
            "category": "terms_of_service",
            "mime_type": "url",
            "external_url": "https://acme.example/terms",
            "is_public": True,
        },
    },
}
CHANNEL = {
    "upstream_access_config": {
        "default": {
            "base_url": "https://feed.example/{{ params.city }}",
            "api_key": "${ customer_secrets.{{ params.key }} ?? }",
            "token": "${ customer_secrets.FEED_TOKEN }",
        }
    }
}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


@pytest.fixture
def feed(db):
    return make_service(listing=FEED, offering=CHANNEL)


def enrolled(team, service=None, **parameters):
    return enrollments.enroll(
        team=team, service=service or make_service(), by=owner_of(team), parameters=parameters, now=NOON
    )


def form_address(service):
    return reverse("enrollments:create", args=[service.pk])


def filled(client, service, *, button=None, **changes):
    """Return what a browser posts after typing `changes` into the form of a service."""
    data = html_form.posts(client.get(form_address(service)).content.decode(), button)
    return data | {name.replace("__", "/"): [value] for name, value in changes.items()}


class TestList:
    def test_shows_current_enrollments_with_code_and_price(self, buyer):
        enrollment = enrolled(buyer)

        page = visitor(buyer).get("/enrollments").content.decode()

        assert enrollment.code in page
        assert "1.00 USD per 1 million input tokens" in page

    def test_shows_ended_ones_apart(self, buyer):
        ended, client = enrolled(buyer), visitor(buyer)
        enrollments.cancel(enrollment=ended, now=NOON)

        assert ended.code not in client.get("/enrollments").content.decode()
        assert ended.code in client.get("/enrollments?show=ended").content.decode()

    def test_says_what_to_do_while_there_are_none(self, buyer):
        assert "No enrollments yet" in visitor(buyer).get("/enrollments").content.decode()

    def test_answers_htmx_with_the_table_alone(self, buyer):
        enrolled(buyer)

        page = visitor(buyer).get("/enrollments", **HTMX).content.decode()

        assert page.lstrip().startswith('<div id="enrollment-table">')

    def test_asks_strangers_to_log_in(self, client, db):
        assert client.get("/enrollments").url == "/accounts/login/?next=/enrollments"

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        service = make_service()
        enrolled(buyer, service)
        with django_assert_num_queries(7):  # session, user, memberships, two counts, the page, price changes
            client.get("/enrollments")
        for _ in range(4):
            enrolled(buyer, service)
        with django_assert_num_queries(7):
            client.get("/enrollments")


class TestForm:
    def test_shows_price_terms_consents_and_limits_before_anything_is_agreed(self, buyer, feed):
        page = visitor(buyer).get(form_address(feed)).content.decode()

        assert "1.00 USD per 1 million input tokens" in page
        assert 'href="https://acme.example/terms"' in page
        assert "FEED_TOKEN" in page
        assert "feed.example" in page
        assert f"{reverse('secrets:create')}?name=FEED_TOKEN" in page

    def test_says_which_secrets_are_stored_already(self, buyer, feed):
        secrets.put(team=buyer, name="FEED_TOKEN", value="x", by=None, now=NOON)

        page = visitor(buyer).get(form_address(feed)).content.decode()

        assert "Stored" in page
        assert "?name=FEED_TOKEN" not in page

    def test_enrolls_and_leads_to_the_enrollment(self, buyer, feed):
        client = visitor(buyer)

        response = client.post(form_address(feed), filled(client, feed, parameters__city="Oslo"))

        enrollment = Enrollment.objects.get()
        assert response.url == f"/enrollments/{enrollment.pk}"
        assert enrollment.parameters == {"city": "Oslo", "key": ""}
        assert (enrollment.team, enrollment.user, enrollment.price) == (buyer, owner_of(buyer), feed.list_price)

    def test_enrolls_through_htmx_and_announces_it(self, buyer, feed):
        client = visitor(buyer)

        response = client.post(form_address(feed), filled(client, feed, parameters__city="Oslo"), **HTMX)

        assert response.headers["HX-Redirect"] == f"/enrollments/{Enrollment.objects.get().pk}"
        assert response.headers["HX-Trigger"] == "enrollment-created"

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_shows_what_is_wrong_beside_the_field_and_in_the_summary(self, buyer, feed, headers):
        client = visitor(buyer)

        response = client.post(form_address(feed), filled(client, feed), **headers)

        page = response.content.decode()
        assert response.status_code == 422
        assert 'href="#parameters/city">City: This is required.</a>' in page
        assert 'id="parameters/city~errors"' in page
        assert ("<html" in page) is not bool(headers)
        assert not Enrollment.objects.exists()

    def test_adds_an_item_and_keeps_what_was_typed(self, buyer, feed):
        client = visitor(buyer)
        data = filled(client, feed, button=("~add", "parameters/stations"), parameters__city="Oslo")

        response = client.post(form_address(feed), data)

        posted = html_form.posts(response.content.decode())
        assert response.status_code == 200
        assert posted["parameters/city"] == ["Oslo"]
        assert posted["parameters/stations~count"] == ["1"]
        assert not Enrollment.objects.exists()

    def test_begins_with_a_button_that_sends_so_that_enter_removes_nothing(self, buyer, feed):
        client = visitor(buyer)
        data = filled(client, feed, button=("~add", "parameters/stations"))
        page = client.post(form_address(feed), data).content.decode()

        buttons = html_form.parsed(page[page.index('id="enrollment-form"') :]).buttons
        assert buttons[0] == ("", "")
        assert ("~remove", "parameters/stations/0") in buttons

    def test_asks_again_when_the_price_has_changed_meanwhile(self, buyer, feed):
        client = visitor(buyer)
        data = filled(client, feed, parameters__city="Oslo")
        catalog.set_price(service=feed, price={"type": "constant", "price": "9.00"}, now=NOON)

        response = client.post(form_address(feed), data)

        page = response.content.decode()
        assert response.status_code == 422
        assert "The price of Acme Chat has changed" in page
        assert "9.00 USD per request" in page
        assert not Enrollment.objects.exists()

    def test_names_the_limit_that_is_reached(self, buyer):
        service = make_service(
            listing={"service_options": {"default_visibility": "public", "enrollment": {"limit": 1}}}
        )
        enrolled(TeamFactory(), service)
        client = visitor(buyer)

        response = client.post(form_address(service), filled(client, service))

        assert response.status_code == 422
        assert "1 active enrollment in all (limit)" in response.content.decode()

    @pytest.mark.parametrize("status", ["draft", "review", "rejected"])
    def test_does_not_exist_for_what_was_never_on_sale(self, buyer, status):
        assert visitor(buyer).get(form_address(make_service(status=status))).status_code == 404

    def test_does_not_exist_for_private_services_of_others(self, buyer):
        service = make_service(listing={"service_options": {"default_visibility": "private"}})

        assert visitor(buyer).get(form_address(service)).status_code == 404

    def test_is_closed_for_deprecated_services(self, buyer):
        page = visitor(buyer).get(form_address(make_service(status="deprecated"))).content.decode()

        assert "takes no new enrollments" in page
        assert "Accept and enroll" not in page

    @pytest.mark.parametrize("role", ["viewer", "billing"])
    def test_is_refused_to_roles_that_may_not_enroll(self, buyer, feed, role):
        client = visitor(buyer, role)

        assert client.get(form_address(feed)).status_code == 403
        assert client.post(form_address(feed), {}).status_code == 403


class TestDetail:
    def test_shows_how_to_call_it(self, buyer, feed, settings):
        settings.API_GATEWAY_BASE_URL = "https://gateway.example"
        enrollment = enrolled(buyer, feed, city="Oslo", stations=["Blindern"])

        page = visitor(buyer).get(f"/enrollments/{enrollment.pk}").content.decode()

        assert f"https://gateway.example/e/{enrollment.code}" in page
        assert f"https://gateway.example/p/feed/{enrollment.code}" in page
        assert f"https://gateway.example/p/{feed.name}" in page
        assert "svcpass_YOUR_KEY" in page
        assert "Stations" in page
        assert "[&quot;Blindern&quot;]" in page

    def test_says_which_secrets_are_missing(self, buyer, feed):
        enrollment = enrolled(buyer, feed, city="Oslo")

        assert "Missing" in visitor(buyer).get(f"/enrollments/{enrollment.pk}").content.decode()

    def test_of_an_ended_one_offers_no_address(self, buyer):
        enrollment = enrolled(buyer)
        enrollments.cancel(enrollment=enrollment, now=NOON)

        page = visitor(buyer).get(f"/enrollments/{enrollment.pk}").content.decode()

        assert "This enrollment has ended" in page
        assert "/e/" not in page

    def test_keeps_hostile_parameters_as_text(self, buyer, feed):
        enrollment = enrolled(buyer, feed, city="<script>alert(1)</script>")

        assert "<script>alert" not in visitor(buyer).get(f"/enrollments/{enrollment.pk}").content.decode()

    def test_does_not_exist_for_outsiders(self, buyer, outsider):
        enrollment = enrolled(buyer)

        assert visitor(outsider).get(f"/enrollments/{enrollment.pk}").status_code == 404


class TestCancel:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_ends_the_enrollment_and_leads_to_the_list(self, buyer, headers):
        enrollment = enrolled(buyer)

        response = visitor(buyer).post(f"/enrollments/{enrollment.pk}/cancel", **headers)

        enrollment.refresh_from_db()
        assert enrollment.status == "cancelled"
        assert (response.headers.get("HX-Redirect") or response.headers.get("Location")) == "/enrollments"

    def test_is_asked_with_the_name_of_what_ends(self, buyer):
        enrollment = enrolled(buyer)

        page = visitor(buyer).get(f"/enrollments/{enrollment.pk}").content.decode()

        assert f"End the enrollment {enrollment.code}?" in page

    def test_does_not_exist_for_outsiders(self, buyer, outsider):
        enrollment = enrolled(buyer)

        assert visitor(outsider).post(f"/enrollments/{enrollment.pk}/cancel").status_code == 404
        enrollment.refresh_from_db()
        assert enrollment.is_current

    def test_is_refused_to_viewers_and_to_get(self, buyer):
        enrollment = enrolled(buyer)

        assert visitor(buyer, "viewer").post(f"/enrollments/{enrollment.pk}/cancel").status_code == 403
        assert visitor(buyer).get(f"/enrollments/{enrollment.pk}/cancel").status_code == 405
