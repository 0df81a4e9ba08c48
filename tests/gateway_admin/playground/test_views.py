"""The pages of the playground, with a gateway that answers what a test tells it to (the real one: tests/journeys)."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.rating import services as rating
from domain import call_tokens
from gateway_admin.playground import making, wire
from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import NOON, funded_wallet, price_version, ship, usage_event
from tests.factories.marketplace import LISTING, make_service
from tests.factories.request_logs import attempt, call, kept, take_attempts, take_calls
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db

TEMPLATE = {
    "category": "request_template",
    "mime_type": "json",
    "file_content": '{"messages": [], "seed": 7}',
    "is_public": True,
}
PARTS = {"listing": {"documents": {**LISTING["documents"], "A body": TEMPLATE}}}
FORM = {"method": "POST", "path": "p/acme/chat/chat/completions", "headers": "", "body": '{"max_tokens": 100}'}
AGREED = FORM | {"accept": "on"}
SMTP = {"access_method": "smtp", "base_url": "${SMTP_GATEWAY_BASE_URL}", "routing_key": {"username": "acme"}}
EVENTS = {"Accept": "text/event-stream"}
ASKING = {
    "service_options": {"default_visibility": "public", "ops_testing_parameters": {"city": "Oslo"}},
    "user_parameters_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def buyer():
    return funded_wallet("10", team=TeamFactory()).team


@pytest.fixture
def service():
    return make_service(namespace="acme", **PARTS)


@pytest.fixture
def gateway(monkeypatch):
    """A gateway that notes what it is asked, and answers with `gateway.answer`."""

    kind = ("content-type", "application/json")
    told = SimpleNamespace(
        asked=[],
        answer=[wire.Head(200, (kind, ("x-request-id", str(uuid4())))), b'{"said": "<b>hello</b>"}'],
        undo=lambda: monkeypatch.setattr(wire, "exchange", real),
    )
    real = wire.exchange

    async def exchange(request, *, base_url, seconds):
        told.asked.append(request)
        for piece in told.answer:
            yield piece

    monkeypatch.setattr(wire, "exchange", exchange)
    return told


def page(team, address, **query):
    return visitor(team).get(address, query)


def address(service, name="page"):
    return reverse(f"playground:{name}", args=[service.pk])


class TestPage:
    def test_is_a_tab_that_everybody_may_look_at(self, client, service):
        assert client.get("/market/acme/chat?tab=playground").headers["Location"] == address(service)

        told = client.get(address(service)).content.decode()

        assert "Log in to run it" in told
        assert f"/accounts/login/?next={address(service)}" in told
        assert 'aria-current="page">Playground' in told

    def test_begins_with_the_template_of_the_seller_at_the_services_address(self, service, buyer):
        told = page(buyer, address(service)).content.decode()

        assert 'value="p/acme/chat/chat/completions"' in told
        assert "&quot;seed&quot;: 7" in told

    def test_says_beforehand_what_the_call_costs_and_what_the_wallet_has(self, service, buyer):
        told = page(buyer, address(service)).content.decode()

        assert "At most, held while it runs" in told
        assert "10.00 USD" in told
        assert "Calls from here are charged to my wallet" in told

    def test_offers_the_addresses_of_the_teams_own_enrollments(self, buyer):
        asking = make_service(namespace="acme", listing=ASKING)
        enrollment = enrollments.enroll(team=buyer, service=asking, parameters={"city": "Oslo"}, by=None, now=NOON)

        told = page(buyer, address(asking)).content.decode()

        assert f'value="e/{enrollment.code}/chat/completions"' in told

    def test_tells_sellers_and_viewers_why_they_cannot_run_it(self, service, buyer):
        assert "You act for a seller" in page(TeamFactory(seller=True), address(service)).content.decode()
        assert "Your role makes no calls" in visitor(buyer, "viewer").get(address(service)).content.decode()

    def test_asks_as_often_with_a_long_history_as_with_none(self, service, buyer, django_assert_max_num_queries):
        take_calls(*(call(buyer.pk, timezone.now(), session="playground-x") for _ in range(12)))
        client = visitor(buyer)
        with django_assert_max_num_queries(25):
            assert client.get(address(service)).status_code == 200

    def test_of_a_service_that_http_does_not_reach_leads_to_its_code(self, buyer):
        mail = make_service(namespace="acme", listing={"user_access_interfaces": {"mail": SMTP}})

        assert "Not called over HTTP" in page(buyer, address(mail)).content.decode()


class TestRun:
    def test_calls_as_the_customer_with_a_token_for_this_service_alone(self, service, buyer, gateway, settings):
        told = visitor(buyer).post(address(service, "run"), AGREED | {"headers": "Accept: text/plain"}).content.decode()

        (asked,) = gateway.asked
        headers = dict(asked.headers)
        token = call_tokens.read(headers["authorization"].removeprefix("Bearer "), settings.API_KEY_PEPPER.encode())
        assert (token.team_id, token.service_id, token.purpose) == (str(buyer.pk), str(service.pk), "playground")
        assert 0 < token.expires_at - timezone.now().timestamp() < 600
        assert headers["accept"] == "text/plain"
        assert (asked.method, asked.path, asked.body) == ("POST", FORM["path"], b'{"max_tokens": 100}')
        assert "&quot;said&quot;: &quot;&lt;b&gt;hello&lt;/b&gt;&quot;" in told
        assert "svcrun_" not in told

    def test_spends_no_more_than_twice_what_was_said(self, service, buyer, gateway, settings):
        """100 tokens out at 2 USD and 19 bytes in at 1 USD a million: 0.000219 USD at most."""
        visitor(buyer).post(address(service, "run"), AGREED)

        raw = dict(gateway.asked[0].headers)["authorization"].removeprefix("Bearer ")
        assert call_tokens.read(raw, settings.API_KEY_PEPPER.encode()).cap == Decimal("0.000438")

    def test_asks_once_before_the_first_call_that_is_paid(self, service, buyer, gateway):
        client = visitor(buyer)

        refused = client.post(address(service, "run"), FORM)
        agreed = client.post(address(service, "run"), AGREED)
        again = client.post(address(service, "run"), FORM)

        assert (refused.status_code, agreed.status_code, again.status_code) == (422, 200, 200)
        assert "Tick this once" in refused.content.decode()
        assert len(gateway.asked) == 2

    def test_asks_nothing_before_a_call_that_is_free(self, buyer, gateway):
        free = make_service(namespace="acme", listing={"list_price": {"type": "constant", "price": "0"}})

        assert visitor(buyer).post(address(free, "run"), FORM).status_code == 200

    def test_tells_scripts_the_answer_in_events(self, service, buyer, gateway):
        told = visitor(buyer).post(address(service, "run"), AGREED, headers=EVENTS)

        assert told.headers["Content-Type"] == "text/event-stream"
        names = [line[7:] for line in told.content.decode().splitlines() if line.startswith("event: ")]
        assert names == ["head", "raw", "end"]

    def test_tells_scripts_what_is_wrong_before_anything_is_sent(self, service, buyer, gateway):
        told = visitor(buyer).post(address(service, "run"), AGREED | {"path": "admin"}, headers=EVENTS)

        assert told.status_code == 422
        assert told.json()["errors"][0]["field"] == "id_path"
        assert gateway.asked == []

    def test_keeps_the_call_in_the_log_where_that_is_ticked(self, service, buyer, gateway):
        client = visitor(buyer)
        for path in ("p/acme/chat", "m/l/p/acme/chat", "m/p/acme/chat"):
            client.post(address(service, "run"), AGREED | {"path": path, "keep": "on"})

        assert [asked.path for asked in gateway.asked] == ["l/p/acme/chat", "m/l/p/acme/chat", "l/m/p/acme/chat"]

    def test_of_another_service_is_not_made_from_this_page(self, service, buyer, gateway):
        make_service(namespace="other")

        told = visitor(buyer).post(address(service, "run"), AGREED | {"path": "p/other/chat"})

        assert told.status_code == 422
        assert "leads to another service" in told.content.decode()
        assert gateway.asked == []

    def test_shows_a_refusal_of_the_gateway_with_its_sentence_and_link(self, service, buyer, gateway):
        error = {
            "code": "insufficient_funds",
            "message": "Too little.",
            "request_id": "r1",
            "doc_url": "http://x/wallet",
        }
        gateway.answer = [
            wire.Head(402, (("content-type", "application/json"), ("x-request-id", "r1"))),
            json.dumps({"error": error}).encode(),
        ]

        told = visitor(buyer).post(address(service, "run"), AGREED).content.decode()

        assert "Too little." in told
        assert 'href="http://x/wallet"' in told

    def test_without_an_answer_says_why(self, service, buyer, gateway, settings):
        settings.GATEWAY_INTERNAL_URL = "http://127.0.0.1:1"
        gateway.undo()

        told = visitor(buyer).post(address(service, "run"), AGREED).content.decode()

        assert "The gateway could not be reached. Nothing was sent" in told

    @pytest.mark.parametrize("role", ["viewer", "billing"])
    def test_is_not_for_roles_that_make_no_calls(self, service, buyer, gateway, role):
        assert visitor(buyer, role).post(address(service, "run"), AGREED).status_code == 403
        assert gateway.asked == []

    def test_is_not_for_sellers(self, service, gateway):
        assert visitor(TeamFactory(seller=True)).post(address(service, "run"), AGREED).status_code == 400
        assert gateway.asked == []

    def test_is_not_made_where_the_page_has_no_room(self, service, buyer, gateway, monkeypatch):
        monkeypatch.setattr(making, "MOST_CALLS", 0)

        assert "Too many calls" in visitor(buyer).post(address(service, "run"), AGREED).content.decode()
        assert gateway.asked == []


class TestEstimate:
    def estimate(self, team, service, **fields):
        return visitor(team).post(address(service, "estimate"), FORM | fields, **HTMX).content.decode()

    def test_is_what_the_gateway_would_hold(self, service, buyer):
        assert "0.000219 USD" in self.estimate(buyer, service)
        assert "0.00002190 USD" not in self.estimate(buyer, service, body='{"max_tokens": 1000000}')

    def test_names_why_the_gateway_would_refuse_and_where_to_mend_it(self, buyer):
        asking = make_service(namespace="acme", listing=ASKING)

        told = self.estimate(buyer, asking)

        assert "The gateway would refuse it." in told
        assert reverse("enrollments:create", args=[asking.pk]) in told

    def test_warns_of_a_wallet_that_cannot_bear_it(self, service):
        assert "Your wallet may not bear it" in self.estimate(funded_wallet("0.0001", team=TeamFactory()).team, service)

    def test_waits_for_a_path(self, service, buyer):
        told = self.estimate(buyer, service, path="")

        assert "Write a path" in told
        assert "<html" not in told


class TestRunAgain:
    def logged(self, team, **more):
        record = call(team.pk, timezone.now(), path="/a/llm/chat", kept=kept(), log="truncated", **more)
        return take_calls(record)[0]

    def test_begins_with_method_path_headers_and_body_of_a_call(self, buyer):
        told = page(buyer, "/playground", log=self.logged(buyer)).content.decode()

        assert 'value="a/llm/chat' in told
        assert "content-type: application/json" in told

    def test_says_what_is_not_kept(self, buyer):
        (bare,) = take_calls(call(buyer.pk, timezone.now(), path="/a/llm"))

        assert "are not kept" in page(buyer, "/playground", log=bare).content.decode()

    def test_knows_no_calls_of_others(self, buyer):
        assert page(TeamFactory(), "/playground", log=self.logged(buyer)).status_code == 404

    def test_is_offered_in_the_log(self, buyer):
        pk = self.logged(buyer)

        assert f"/playground?log={pk}" in page(buyer, f"/request-logs/{pk}").content.decode()


class TestHistory:
    def test_is_a_persons_own(self, buyer):
        own = making.session_of(owner_of(buyer))
        take_calls(
            call(buyer.pk, timezone.now(), path="/p/mine", session=own),
            call(buyer.pk, timezone.now(), path="/p/theirs", session="playground-else"),
        )

        told = page(buyer, "/playground/history").content.decode()

        assert "/p/mine" in told
        assert "/p/theirs" not in told

    def test_tells_what_a_call_cost_when_it_is_settled(self, buyer):
        (pk,) = take_attempts(attempt(buyer.pk, timezone.now()))
        before = page(buyer, f"/playground/calls/{pk}").content.decode()
        ship(usage_event(buyer.wallets.get(), price_version(), event_id=pk))
        rating.settle(limit=10)
        after = page(buyer, f"/playground/calls/{pk}").content.decode()

        assert 'data-settled="false"' in before
        assert 'data-settled="true"' in after
        assert "1.00 USD" in after
