"""Calls of tests: through the gateway as a customer would, and straight to the upstream."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from domain import call_tokens
from domain.call_tokens import CallToken
from domain.routing.snapshot import CANDIDATE, CandidateRecord, EnrollmentRoute
from tests.factories import records as make
from tests.fakes.upstream import answer as plain_answer
from tests.fakes.upstream import json_answer
from tests.gateway.harness import PEPPER

RUN = "7d0d8e0e-0000-4000-8000-0000000000d1"
DIRECT = "7d0d8e0e-0000-4000-8000-0000000000d2"
DRAFT = "7d0d8e0e-0000-4000-8000-0000000000dd"
KEY = "${ secrets.UPSTREAM_KEY }"


def token(reference: str = RUN, **changes) -> dict[str, str]:
    values = {"team_id": make.TEAM, "purpose": "test", "reference": reference, "expires_at": time.time() + 60}
    return {"authorization": "Bearer " + call_tokens.mint(CallToken(**{**values, **changes}), PEPPER)}


@pytest.fixture
async def publish(gateway, upstream):
    """Publish a draft at acme/draft as a candidate, for calls through the gateway and for direct ones."""

    async def published(*, config=None, customer=None, **changes) -> None:
        config = {"base_url": f"{upstream.url}/v1", "api_key": KEY, **(config or {})}
        service = make.service(id=DRAFT, name="acme/draft", channels=(make.channel(config=config),), **changes)
        routes = (EnrollmentRoute("acme/draft", None),)
        for key, is_direct in ((RUN, False), (DIRECT, True)):
            record = CandidateRecord(service, make.customer(**(customer or {})), routes, is_direct)
            gateway.records.put("candidate", key, CANDIDATE.encode(record))
        gateway.publish_secret(make.SELLER, "UPSTREAM_KEY", "sk-of-the-seller")
        await gateway.see_changes()

    return published


class TestThroughTheGateway:
    async def test_reaches_what_nobody_else_can_call(self, gateway, upstream, publish):
        await publish()
        upstream.answers(json_answer({"ok": True}))

        tested = await gateway.call("/p/acme/draft/chat", headers=token())
        bought = await gateway.call("/p/acme/draft/chat")

        assert (tested.status_code, bought.status_code) == (200, 404)
        assert upstream.requests[0].header(b"authorization") == b"Bearer sk-of-the-seller"

    async def test_is_paid_for_by_the_test_customer_and_says_what_it_was_for(self, gateway, upstream, publish):
        await publish()
        upstream.answers(json_answer({"ok": True}))

        await gateway.call("/p/acme/draft", headers=token())

        event = await gateway.event()
        assert (event.service_id, event.origin, event.origin_id, event.hold) == (DRAFT, "test", RUN, Decimal("0.01"))

    async def test_sees_the_service_of_its_test_alone(self, gateway, publish):
        await publish()

        answer = await gateway.call("/p/acme/chat", headers=token())

        assert answer.status_code == 404

    async def test_gives_a_secret_of_the_customer_the_sellers_value(self, gateway, upstream, publish):
        await publish(config={"api_key": "${ customer_secrets.UPSTREAM_KEY }"})
        gateway.publish_secret(make.TEAM, "UPSTREAM_KEY", "sk-of-the-platform")
        upstream.answers(json_answer({"ok": True}))

        await gateway.call("/p/acme/draft", headers=token())

        assert upstream.requests[0].header(b"authorization") == b"Bearer sk-of-the-seller"

    async def test_ends_with_its_test(self, gateway, publish):
        await publish()
        gateway.records.put("candidate", RUN, None)
        await gateway.see_changes()

        assert (await gateway.call("/p/acme/draft", headers=token())).status_code == 401


class TestDirectly:
    async def test_costs_nothing_and_asks_no_money(self, gateway, upstream, publish):
        await publish(price=make.price("1000"))
        upstream.answers(json_answer({"ok": True}))

        through = await gateway.call("/p/acme/draft", headers=token())
        direct = await gateway.call(f"/p/{DRAFT}@default/chat", headers=token(DIRECT))

        assert (through.status_code, direct.status_code) == (402, 200)
        assert upstream.requests[0].target == "/v1/chat"
        assert gateway.inbox.events == {}

    async def test_hides_the_secret_that_the_upstream_gives_back(self, gateway, upstream, publish):
        await publish()
        echoed = json.dumps({"key": "sk-of-the-seller"}).encode()
        upstream.answers(plain_answer(echoed, headers=[("X-Echo", "Bearer sk-of-the-seller")]))

        answer = await gateway.call(f"/p/{DRAFT}@default", headers=token(DIRECT))

        assert answer.json() == {"key": "***"}
        assert answer.headers["x-echo"] == "Bearer ***"

    async def test_keeps_the_beginning_of_an_endless_answer(self, gateway, upstream, publish):
        await publish()
        upstream.answers(plain_answer(b"x" * 2_000_000))

        answer = await gateway.call(f"/p/{DRAFT}@default", headers=token(DIRECT))

        assert len(answer.content) == 256 * 1024

    async def test_is_judged_by_the_rules_of_its_channel(self, gateway, upstream, publish):
        said = {"condition": "body.error", "status": 429, "message": "{{ body.error }}"}
        await publish(config={"response_rules": {"said": said}})
        upstream.answers(json_answer({"error": "sk-of-the-seller is used up."}))

        told = [await gateway.call(f"/p/{DRAFT}@default", headers=token(run)) for run in (DIRECT, RUN)]

        assert [each.status_code for each in told] == [429, 429]
        assert {each.json()["error"]["message"] for each in told} == {"*** is used up. Nothing was charged."}

    async def test_follows_no_redirect(self, gateway, upstream, publish):
        await publish()
        upstream.answers(plain_answer(b"", status=302, headers=[("Location", "http://169.254.169.254/")]))

        answer = await gateway.call(f"/p/{DRAFT}@default", headers=token(DIRECT))

        assert answer.status_code == 302
        assert len(upstream.requests) == 1

    async def test_tells_that_the_upstream_is_not_there(self, gateway, publish):
        await publish(config={"base_url": "http://127.0.0.1:9/v1"})

        answer = await gateway.call(f"/p/{DRAFT}@default", headers=token(DIRECT))

        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_refused")

    async def test_is_not_for_wrappers(self, gateway, publish):
        await publish()

        answer = await gateway.call(f"/m/p/{DRAFT}", headers=token(DIRECT))

        assert answer.status_code in {404, 422}


async def test_an_answer_through_the_gateway_is_cleared_of_the_secret_too(gateway, upstream, publish):
    await publish()
    upstream.answers(plain_answer(b'{"key": "sk-of-the-seller"}', headers=[("X-Echo", "Bearer sk-of-the-seller")]))

    answer = await gateway.call("/p/acme/draft", headers=token())

    assert answer.json() == {"key": "***"}
    assert answer.headers["x-echo"] == "Bearer ***"
    assert (await gateway.event()).outcome == "completed"
