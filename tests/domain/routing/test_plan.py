"""From a path to one upstream call, or to the reason why there is none."""

from __future__ import annotations

import pytest

from domain.routing import plan
from domain.routing.grammar import parse
from domain.routing.matching import Table, enrollment_table
from domain.routing.plan import Call, Found, Refusal
from domain.routing.snapshot import RouteEntry, RouteRecord
from tests.factories import records


def find(path, customer=None, key=None, routes=()):
    table = Table()
    for route_path, routing_key, service_id in routes:
        table.set_record(RouteRecord(route_path, (RouteEntry(routing_key, service_id),)))
    customer = customer or records.customer()
    return plan.find(parse(path, ""), routing_key=key, routes=table, customer=customer, own=enrollment_table(customer))


def choose(service=None, customer=None, found=None, query=""):
    service = service or records.service()
    found = found or Found(service.id, None, ("chat",), None)
    return plan.choose(found, service, customer or records.customer(), parse("/p/acme", query))


class TestFind:
    def test_takes_a_service_by_its_path(self):
        found = find("/p/acme/chat/completions", routes=[("acme/chat", None, "S")])
        assert found == Found("S", None, ("completions",), None)

    def test_takes_a_service_by_its_id_with_a_channel(self):
        found = find(f"/p/{records.SERVICE}@byok/v1")
        assert found == Found(records.SERVICE, None, ("v1",), "byok")

    def test_takes_an_enrollment_by_its_code_however_it_is_typed(self):
        customer = records.customer(enrollments=(records.enrollment("C0FF"),))
        found = find("/e/coff/messages", customer)
        assert isinstance(found, Found)
        assert (found.enrollment, found.rest) == (customer.enrollments[0], ("messages",))

    def test_does_not_tell_a_foreign_code_from_an_unknown_one(self):
        refusal = find("/e/AAAA")
        assert isinstance(refusal, Refusal)
        assert (refusal.status, refusal.code) == (404, "enrollment_not_found")

    def test_prefers_the_customers_own_interface_at_the_same_path(self):
        own = records.enrollment(routes=(records.enrollment_route("shared", {"model": "mine"}),))
        found = find("/p/shared", records.customer(enrollments=(own,)), {"model": "mine"}, [("shared", None, "S")])
        assert isinstance(found, Found)
        assert found.enrollment == own

    def test_prefers_a_longer_path_of_everybodys(self):
        own = records.enrollment(routes=(records.enrollment_route("shared"),))
        found = find("/p/shared/deep", records.customer(enrollments=(own,)), None, [("shared/deep", None, "S")])
        assert found == Found("S", None, (), None)

    def test_names_the_keys_that_would_match(self):
        refusal = find("/p/openai/chat", key={"model": "gpt-9"}, routes=[("openai", {"model": "gpt-4"}, "S")])
        assert isinstance(refusal, Refusal)
        assert refusal.code == "routing_key_unknown"
        assert "gpt-4" in refusal.message

    def test_refuses_an_unknown_path(self):
        refusal = find("/p/nobody/here")
        assert isinstance(refusal, Refusal)
        assert (refusal.status, refusal.code) == (404, "service_not_found")


class TestChoose:
    def test_plans_the_call_at_the_listed_price(self):
        service = records.service()
        assert choose(service) == Call(service, service.channels[0], None, service.price, records.WALLET, ("chat",), "")

    def test_charges_the_price_that_the_enrollment_accepted(self):
        own = records.enrollment()
        chosen = choose(customer=records.customer(enrollments=(own,)))
        assert isinstance(chosen, Call)
        assert (chosen.price, chosen.enrollment) == (own.price, own)

    @pytest.mark.parametrize(
        ("changes", "enrolled", "status", "code"),
        [
            ({"requires_enrollment": True}, False, 403, "enrollment_required"),
            ({"status": "suspended"}, True, 404, "service_not_found"),
            ({"status": "draft"}, False, 404, "service_not_found"),
            ({"status": "deprecated"}, False, 410, "service_deprecated"),
            ({"status": "deprecated", "visibility": "private"}, False, 404, "service_not_found"),
            ({"visibility": "private"}, False, 404, "service_not_found"),
            ({"channels": ()}, False, 503, "channel_missing"),
            ({"channels": (records.channel(type="enrollable"),)}, False, 403, "enrollment_required"),
            ({"channels": (records.channel(access_method="smtp"),)}, False, 400, "wrong_access_method"),
            ({"channels": (records.channel(required_secrets=("B", "A")),)}, False, 424, "secret_missing"),
            ({"price": records.price(currency="EUR")}, False, 402, "wallet_missing"),
        ],
    )
    def test_refuses(self, changes, enrolled, status, code):
        customer = records.customer(enrollments=(records.enrollment(),) if enrolled else ())
        refusal = choose(records.service(**changes), customer)
        assert isinstance(refusal, Refusal)
        assert (refusal.status, refusal.code) == (status, code)

    def test_goes_on_for_those_enrolled_in_a_deprecated_service(self):
        customer = records.customer(enrollments=(records.enrollment(),))
        assert isinstance(choose(records.service(status="deprecated"), customer), Call)

    def test_names_every_missing_secret(self):
        refusal = choose(records.service(channels=(records.channel(required_secrets=("B", "A")),)))
        assert isinstance(refusal, Refusal)
        assert "A, B" in refusal.message

    def test_asks_which_of_several_enrollments(self):
        customer = records.customer(enrollments=(records.enrollment("AAAA"), records.enrollment("BBBB")))
        refusal = choose(records.service(requires_enrollment=True), customer)
        assert isinstance(refusal, Refusal)
        assert (refusal.code, "AAAA, BBBB" in refusal.message) == ("enrollment_ambiguous", True)

    def test_takes_the_first_channel_that_the_customer_can_use(self):
        channels = (
            records.channel("byok", is_primary=True, type="byok", required_secrets=("KEY",)),
            records.channel("managed", sort_order=1),
        )
        without = choose(records.service(channels=channels))
        having = choose(records.service(channels=channels), records.customer(secret_names=frozenset({"KEY"})))
        assert isinstance(without, Call)
        assert isinstance(having, Call)
        assert (without.channel.name, having.channel.name) == ("managed", "byok")

    def test_takes_the_pinned_channel_or_says_what_it_lacks(self):
        channels = (records.channel("byok", required_secrets=("KEY",)), records.channel("managed"))
        pinned = choose(records.service(channels=channels), query="_channel=byok")
        unknown = choose(records.service(channels=channels), query="_channel=nope")
        assert isinstance(pinned, Refusal)
        assert isinstance(unknown, Refusal)
        assert (pinned.code, unknown.code) == ("secret_missing", "channel_not_found")
