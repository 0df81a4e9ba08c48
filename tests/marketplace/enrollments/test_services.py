"""Enrolling and cancelling: what is accepted, what is counted, what exists afterwards."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from accounts.teams import services as teams
from accounts.teams.models import Role
from billing.wallets import queries as wallets
from common import ports
from common.errors import NotFound
from marketplace.catalog import services as catalog
from marketplace.catalog.models import ServiceStatus
from marketplace.enrollments import queries
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment, EnrollmentInterface
from marketplace.enrollments.services import enrolling
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.marketplace import make_service

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, tzinfo=UTC)
CITY = {
    "user_parameters_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "minLength": 2}, "units": {"enum": ["C", "F"], "default": "C"}},
        "required": ["city"],
    },
    "service_options": {"default_visibility": "public", "ops_testing_parameters": {"city": "Oslo"}},
}
USES_CITY = {
    "upstream_access_config": {"default": {"base_url": "https://upstream.example/{{ params.city }}/{{ params.units }}"}}
}


def declaring(name):
    """Return a channel that declares a parameter of its own."""
    schema = {
        "type": "object",
        "properties": {name: {"$ref": "#/$defs/word"}},
        "required": [name],
        "$defs": {"word": {"type": "string", "minLength": 2}},
    }
    params = {"schema": schema, "testing_defaults": {name: "Oslo"}}
    return {"base_url": f"https://upstream.example/{{{{ params.{name} }}}}", "params": params}


def limited(**limits):
    return {"listing": {"service_options": {"default_visibility": "public", "enrollment": limits}}}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def published(monkeypatch):
    written = []
    monkeypatch.setattr(ports.publish, "_function", lambda kind, key: written.append((kind, key)))
    return written


def enroll(service, team, *, by=None, **parameters):
    return enrollments.enroll(team=team, service=service, by=by or owner_of(team), parameters=parameters, now=NOON)


class TestEnroll:
    def test_captures_the_price_and_who_agreed_when(self, buyer):
        service = make_service()

        enrollment = enroll(service, buyer)

        assert enrollment.price == service.list_price
        assert (enrollment.user, enrollment.created_at, enrollment.status) == (owner_of(buyer), NOON, "active")

    def test_keeps_the_accepted_price_when_the_seller_changes_theirs(self, buyer):
        service = make_service()
        before = enroll(service, buyer)

        catalog.set_price(service=service, price={"type": "constant", "price": "5.00"}, now=LATER)
        after = enroll(service, buyer)

        before.refresh_from_db()
        assert before.price_id != after.price_id
        assert after.price.price["price"] == "5.00"

    def test_opens_a_wallet_in_the_currency_of_the_listing(self, buyer):
        enroll(make_service(listing={"currency": "EUR"}, offering={"currency": "EUR"}), buyer)

        assert wallets.wallet(team=buyer, currency="EUR").settled == Decimal(0)

    def test_tells_the_gateway(self, buyer, published):
        service = make_service()
        published.clear()

        enroll(service, buyer)

        assert ("customer", str(buyer.pk)) in published

    def test_is_possible_for_a_service_that_needs_none(self, buyer):
        service = make_service()
        assert not service.requires_enrollment

        assert enroll(service, buyer).is_current

    @pytest.mark.parametrize("status", ["draft", "pending", "review", "rejected", "suspended", "deprecated"])
    def test_is_refused_unless_the_service_is_active(self, buyer, status):
        service = make_service(status=ServiceStatus(status))

        with pytest.raises(enrollments.ServiceNotOffered):
            enroll(service, buyer)

    def test_is_refused_for_private_services_of_others(self, buyer):
        service = make_service(listing={"service_options": {"default_visibility": "private"}})

        with pytest.raises(enrollments.ServiceNotOffered):
            enroll(service, buyer)

    def test_is_refused_to_seller_accounts(self, db):
        with pytest.raises(enrollments.CustomersOnly):
            enroll(make_service(), TeamFactory(seller=True))

    def test_is_refused_when_the_price_is_not_the_one_that_was_shown(self, buyer):
        service = make_service()
        shown = service.list_price_id
        catalog.set_price(service=service, price={"type": "constant", "price": "5.00"}, now=LATER)

        with pytest.raises(enrollments.PriceChanged):
            enrollments.enroll(team=buyer, service=service, by=None, parameters={}, now=NOON, accepted_price_id=shown)


class TestParameters:
    @pytest.fixture
    def service(self, db):
        return make_service(listing=CITY, offering=USES_CITY)

    def test_of_several_channels_may_refer_to_what_each_defines(self, buyer):
        channels = {"one": declaring("city"), "two": declaring("town")}
        service = make_service(offering={"upstream_access_config": channels})

        assert enroll(service, buyer, city="Oslo", town="Moss").parameters == {"city": "Oslo", "town": "Moss"}
        with pytest.raises(enrollments.ParametersInvalid):
            enroll(service, buyer, city="Oslo", town="M")

    def test_are_stored_with_the_defaults_of_the_schema(self, service, buyer):
        assert enroll(service, buyer, city="Oslo").parameters == {"city": "Oslo", "units": "C"}

    @pytest.mark.parametrize(
        ("parameters", "path"),
        [
            ({}, ("city",)),
            ({"city": "O"}, ("city",)),
            ({"city": 7}, ("city",)),
            ({"city": "Oslo", "units": "K"}, ("units",)),
            ({"city": "Os\0lo"}, ("city",)),
            ({"city": "Os\ud800lo"}, ("city",)),
            ({"city": "x" * 70_000}, ()),
        ],
    )
    def test_that_do_not_fit_are_refused_at_their_place(self, service, buyer, parameters, path):
        with pytest.raises(enrollments.ParametersInvalid) as refused:
            enroll(service, buyer, **parameters)

        assert list(refused.value.by_path) == [path]
        assert not Enrollment.objects.exists()

    def test_of_a_service_that_has_none_are_refused(self, buyer):
        with pytest.raises(enrollments.ParametersInvalid, match="no such parameter"):
            enroll(make_service(), buyer, city="Oslo")


class TestCodes:
    def test_are_four_crockford_characters(self, buyer):
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}", enroll(make_service(), buyer).code)

    def test_of_global_scope_are_eight(self, buyer):
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", enroll(make_service(**limited(scope="global")), buyer).code)

    def test_are_found_as_people_type_them(self, buyer):
        enrollment = enroll(make_service(), buyer)
        Enrollment.objects.filter(pk=enrollment.pk).update(code="01X1")

        for typed in ("01X1", "o1xl", " OIXi ", "0lXI"):
            assert queries.enrollment_by_code(team=buyer, code=typed) == enrollment

    def test_are_found_by_nobody_else(self, buyer):
        enrollment = enroll(make_service(), buyer)

        with pytest.raises(NotFound):
            queries.enrollment_by_code(team=TeamFactory(), code=enrollment.code)

    def test_are_drawn_again_while_they_are_taken(self, buyer, monkeypatch):
        service = make_service()
        drawn = iter("AAAA" + "AAAA" + "BBBB")
        monkeypatch.setattr(enrolling.secrets, "choice", lambda _: next(drawn))

        assert [enroll(service, buyer).code for _ in range(2)] == ["AAAA", "BBBB"]

    def test_of_one_customer_may_be_those_of_another(self, buyer, monkeypatch):
        service = make_service()
        monkeypatch.setattr(enrolling.secrets, "choice", lambda _: "A")

        assert enroll(service, buyer).code == enroll(service, TeamFactory()).code


class TestLimits:
    @pytest.mark.parametrize(
        ("limits", "named"),
        [
            ({"limit_per_customer": 1, "limit_per_user": 1, "limit": 1}, "limit_per_customer"),
            ({"limit_per_user": 1, "limit": 1}, "limit_per_user"),
            ({"limit": 1}, "limit"),
        ],
    )
    def test_are_checked_for_the_customer_then_the_person_then_all(self, buyer, limits, named):
        service = make_service(**limited(**limits))
        enroll(service, buyer)

        with pytest.raises(enrollments.LimitReached) as refused:
            enroll(service, buyer)

        assert refused.value.facts["limit"] == named
        assert f"({named})" in refused.value.message

    def test_per_customer_count_no_other_customer(self, buyer):
        service = make_service(**limited(limit_per_customer=1))
        enroll(service, buyer)

        assert enroll(service, TeamFactory()).is_current

    def test_per_user_count_the_person_in_every_account(self, buyer):
        service, person, other = make_service(**limited(limit_per_user=1)), UserFactory(), TeamFactory()
        for team in (buyer, other):
            teams.add_member(team=team, user=person, role=Role.DEVELOPER)
        enroll(service, buyer, by=person)

        with pytest.raises(enrollments.LimitReached):
            enroll(service, other, by=person)
        assert enroll(service, other).is_current

    def test_leave_room_again_after_a_cancellation(self, buyer):
        service = make_service(**limited(limit=1))
        first = enroll(service, buyer)
        enrollments.cancel(enrollment=first, now=LATER)

        assert enroll(service, buyer).is_current


class TestLimitsUnderLoad:
    def test_twenty_at_once_against_a_limit_of_five_are_exactly_five(self, transactional_db):
        service = make_service(**limited(limit=5))
        buyers = [TeamFactory() for _ in range(20)]
        people = {team.pk: owner_of(team) for team in buyers}

        def attempt(team):
            try:
                enroll(service, team, by=people[team.pk])
            except enrollments.LimitReached:
                return False
            else:
                return True
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            outcomes = list(pool.map(attempt, buyers))

        assert outcomes.count(True) == 5
        assert Enrollment.objects.active().count() == 5


class TestInterfaces:
    LISTING = {
        "user_access_interfaces": {
            "own": {
                "base_url": "${API_GATEWAY_BASE_URL}/topic/{{ enrollment.code }}/{{ params.city }}",
                "routing_key": {"model": "{{ params.city }}", "n": 1},
                "description": "Yours",
            },
            "shared": {"base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"},
        },
        **CITY,
    }

    def test_with_templates_are_made_for_the_enrollment_alone(self, buyer):
        enrollment = enroll(make_service(listing=self.LISTING, offering=USES_CITY), buyer, city="Oslo")

        (own,) = EnrollmentInterface.objects.filter(enrollment=enrollment)
        assert (own.name, own.path, own.description) == ("own", f"topic/{enrollment.code}/Oslo", "Yours")
        assert own.routing_key == {"model": "Oslo", "n": 1}
        assert own.gateway == "api"

    def test_cannot_be_bent_by_a_parameter(self, buyer):
        enrollment = enroll(make_service(listing=self.LISTING, offering=USES_CITY), buyer, city="../../admin?x={{ 7 }}")

        (own,) = enrollment.interfaces.all()
        assert own.path.split("/")[:2] == ["topic", enrollment.code]
        assert len(own.path.split("/")) == 3

    def test_that_cannot_be_rendered_stay_as_written(self, buyer):
        enrollment = enroll(make_service(listing=self.LISTING, offering=USES_CITY), buyer, city="..")

        assert enrollment.interfaces.get().path == "topic/{{ enrollment.code }}/{{ params.city }}"


class TestConsent:
    def test_is_captured_for_the_secrets_that_the_channels_use(self, buyer):
        offering = {
            "upstream_access_config": {
                "default": {"base_url": "https://api.groq.com/openai", "api_key": "${ customer_secrets.GROQ_API_KEY }"}
            }
        }
        service = make_service(offering=offering)

        assert enroll(service, buyer).secret_hosts == [{"secret": "GROQ_API_KEY", "host": "api.groq.com"}]

    def test_names_the_secret_that_a_parameter_chose(self, buyer):
        offering = {
            "upstream_access_config": {
                "default": {
                    "base_url": "${ customer_secrets.{{ params.url }} }",
                    "api_key": "${ customer_secrets.{{ params.key }} ?? }",
                }
            }
        }
        listing = {
            "user_parameters_schema": {
                "type": "object",
                "properties": {"url": {"type": "string"}, "key": {"type": "string", "default": ""}},
                "required": ["url"],
            },
            "service_options": {"default_visibility": "public", "ops_testing_parameters": {"url": "U"}},
        }
        service = make_service(offering=offering, listing=listing)

        enrollment = enroll(service, buyer, url="MY_URL")

        assert enrollment.secret_hosts == [{"secret": "MY_URL", "host": "${ customer_secrets.MY_URL }"}]


class TestCancel:
    def test_ends_it_takes_its_addresses_away_and_tells_the_gateway(self, buyer, published):
        enrollment = enroll(make_service(listing=TestInterfaces.LISTING, offering=USES_CITY), buyer, city="Oslo")
        published.clear()

        cancelled = enrollments.cancel(enrollment=enrollment, now=LATER)

        assert (cancelled.status, cancelled.cancelled_at) == ("cancelled", LATER)
        assert not EnrollmentInterface.objects.exists()
        assert published == [("customer", str(buyer.pk))]

    def test_twice_is_as_good_as_once(self, buyer, published):
        enrollment = enroll(make_service(), buyer)
        enrollments.cancel(enrollment=enrollment, now=NOON)
        published.clear()

        again = enrollments.cancel(enrollment=enrollment, now=LATER)

        assert again.cancelled_at == NOON
        assert not published


class TestQueries:
    def test_show_a_customer_nothing_of_others(self, buyer):
        enrollment = enroll(make_service(), buyer)

        with pytest.raises(NotFound):
            queries.enrollment(team=TeamFactory(), enrollment_id=enrollment.pk)
        assert queries.enrollment(team=buyer, enrollment_id=enrollment.pk) == enrollment

    @pytest.mark.parametrize("status", ["draft", "pending", "review", "rejected"])
    def test_offer_no_service_that_was_never_on_sale(self, buyer, status):
        service = make_service(status=ServiceStatus(status))

        with pytest.raises(NotFound):
            queries.offered_service(team=buyer, service_id=service.pk)
