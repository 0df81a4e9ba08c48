"""Whole calls through a gateway on a real socket: who may, what goes up, what comes back, what is charged."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal

import pytest

from domain import api_keys, pricing
from domain.rating import Rating, rate
from tests.factories import records as make
from tests.fakes.upstream import json_answer
from tests.gateway.conftest import offer
from tests.gateway.harness import serving

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15", "cached_input": "0.30"}
CHAT = {"id": "c", "choices": [], "usage": {"prompt_tokens": 1400, "completion_tokens": 10, "total_tokens": 1410,
        "prompt_tokens_details": {"cached_tokens": 400}}}  # fmt: skip


class TestACall:
    async def test_comes_back_as_the_upstream_sent_it(self, gateway, upstream):
        upstream.answers(json_answer({"hello": "world"}, headers=[("x-upstream", "yes")]))
        answer = await gateway.call()
        assert (answer.status_code, answer.json(), answer.headers["x-upstream"]) == (200, {"hello": "world"}, "yes")

    async def test_says_who_served_it_and_what_it_may_cost(self, gateway, upstream):
        upstream.answers(json_answer({}))
        answer = await gateway.call()
        event = await gateway.event()
        assert answer.headers["x-request-id"] == event.event_id
        assert answer.headers["x-usvc-service"] == "acme/chat"
        assert answer.headers["x-usvc-cost-estimate"] == "0.010000000000 USD"

    async def test_reaches_the_rest_of_the_path_with_its_query(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await gateway.call("/p/acme/chat/completions?limit=3&_ttl=1h&q=a%20b")
        assert upstream.requests[0].target == "/v1/completions?limit=3&q=a%20b"

    async def test_sends_the_body_byte_for_byte(self, gateway, upstream):
        upstream.answers(json_answer({}))
        body = b'{"model" :  "m", "x": 1.50 }'
        await gateway.client.post(
            "/p/acme/chat",
            content=body,
            headers={"authorization": f"Bearer {gateway.key}", "content-type": "application/json"},
        )
        assert upstream.requests[0].body == body

    async def test_with_a_text_too_long_for_a_models_name_goes_on_and_is_not_remembered(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await offer(gateway, upstream)
        body = {"model": "m" * 100_000}
        for _ in range(2):
            assert (await gateway.call(body=body)).status_code == 200
        assert [json.loads(each.body) for each in upstream.requests] == [body, body]
        assert [event.routing_key for event in await gateway.events(2)] == [None, None]

    async def test_keeps_the_customers_credentials_from_the_upstream(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await gateway.call(headers={"x-api-key": gateway.key, "cookie": "s=1", "x-forwarded-for": "1.2.3.4"})
        sent = upstream.requests[0]
        assert gateway.key not in str(sent.headers)
        assert not any(sent.header(name) for name in (b"authorization", b"x-api-key", b"cookie", b"x-forwarded-for"))

    async def test_passes_an_upstreams_refusal_on_and_charges_nothing(self, gateway, upstream):
        upstream.answers(json_answer({"error": {"message": "bad model"}}, status=422))
        answer = await gateway.call()
        event = await gateway.event()
        assert (answer.status_code, answer.json()["error"]["message"]) == (422, "bad model")
        assert (event.status, event.is_billable) == (422, False)


class TestKeys:
    @pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key"])
    async def test_are_taken_from_the_headers_of_the_popular_clients(self, gateway, upstream, header):
        upstream.answers(json_answer({}))
        value = f"Bearer {gateway.key}" if header == "authorization" else gateway.key
        answer = await gateway.client.post("/p/acme/chat", json={}, headers={header: value})
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [{}, {"authorization": "Bearer"}, {"authorization": "Basic abc"}, {"x-api-key": "svcpass_nonsense"},
         {"x-api-key": api_keys.new_key()}],
    )  # fmt: skip
    async def test_are_needed(self, gateway, headers):
        answer = await gateway.client.post("/p/acme/chat", json={}, headers=headers)
        body = answer.json()
        assert (answer.status_code, body["error"]["code"]) == (401, "unauthenticated")
        assert body["detail"] == body["error"]["message"]
        assert body["error"]["doc_url"] == "http://site.example/keys"

    async def test_of_sellers_and_of_roles_without_calls_are_refused(self, gateway):
        seller = gateway.publish_key(raw=api_keys.new_key(), team_kind="seller")
        viewer = gateway.publish_key(raw=api_keys.new_key(), may_call=False)
        codes = []
        for key in (seller, viewer):
            answer = await gateway.client.post("/p/acme/chat", json={}, headers={"x-api-key": key})
            codes.append((answer.status_code, answer.json()["error"]["code"]))
        assert codes == [(403, "not_a_customer_key"), (403, "key_may_not_call")]

    async def test_are_refused_once_expired(self, gateway, upstream):
        gateway.publish_key(expires_at=time.time() - 1)
        await gateway.see_changes()
        assert (await gateway.call()).status_code == 401

    async def test_are_refused_within_a_second_of_revocation(self, gateway, upstream):
        upstream.answers(json_answer({}))
        assert (await gateway.call()).status_code == 200
        gateway.records.remove("api_key", api_keys.digest(gateway.key, b"pepper"))
        await asyncio.sleep(0.5)
        assert (await gateway.call()).status_code == 401


class TestRefusals:
    async def test_name_the_known_prefixes(self, gateway):
        answer = await gateway.call("/z/acme")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_prefix")

    async def test_name_the_routing_keys_that_a_path_has(self, gateway, upstream):
        await offer(gateway, upstream, path="shared", routing_key={"model": "gpt-4"})
        answer = await gateway.call("/p/shared/chat", {"model": "gpt-9"})
        assert answer.status_code == 404
        assert "gpt-4" in answer.json()["detail"]

    async def test_of_a_private_service_are_those_of_a_path_that_nobody_has(self, gateway, upstream):
        await offer(gateway, upstream, path="hidden", routing_key={"model": "m"}, visibility="private")
        for model in ("m", "another"):
            told, unknown = [await gateway.call(f"/p/{name}/chat", {"model": model}) for name in ("hidden", "nobody")]
            assert (told.status_code, unknown.status_code) == (404, 404)
            assert told.json()["error"]["code"] == unknown.json()["error"]["code"] == "service_not_found"
            assert told.json()["detail"].replace("hidden", "nobody") == unknown.json()["detail"]

    async def test_name_the_routing_keys_of_a_private_service_to_those_who_enrolled(self, gateway, upstream):
        await offer(gateway, upstream, path="hidden", routing_key={"model": "m"}, visibility="private")
        gateway.publish_customer(enrollments=(make.enrollment(service_id=make.SERVICE),))
        await gateway.see_changes()
        assert (await gateway.call("/p/hidden/chat", {"model": "m"})).status_code == 200
        assert '"m"' in (await gateway.call("/p/hidden/chat", {"model": "another"})).json()["detail"]

    async def test_point_at_the_place_where_a_body_is_no_json(self, gateway):
        answer = await gateway.client.post(
            "/p/acme/chat",
            content=b'{"model": ',
            headers={"authorization": f"Bearer {gateway.key}", "content-type": "application/json"},
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "body_not_json")

    async def test_stop_at_bodies_that_are_too_deep_to_be_changed(self, gateway, upstream):
        well, path = {"model": "m", "stream": True}, "/p/acme/chat/chat/completions"
        upstream.answers(json_answer({}), json_answer({}))
        assert (await gateway.call(path, well)).status_code == 200  # from here on the short way is taken
        deep = b'{"stream": true, "deep": ' + b"[" * 300 + b"]" * 300 + b"}"
        headers = {"authorization": f"Bearer {gateway.key}", "content-type": "application/json"}
        told = await gateway.client.post(path, content=deep, headers=headers, timeout=3)
        assert (told.status_code, told.json()["error"]["code"]) == (422, "body_too_deep")
        assert (await gateway.call(path, well)).status_code == 200

    async def test_stop_at_bodies_that_are_too_large(self, tmp_path, upstream):
        async with serving(tmp_path, body_limit_bytes=1000) as gateway:
            await offer(gateway, upstream)
            answer = await gateway.call(body={"x": "y" * 2000})
            assert answer.status_code == 413

    async def test_ask_for_the_enrollment(self, gateway, upstream):
        await offer(gateway, upstream, requires_enrollment=True)
        answer = await gateway.call()
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "enrollment_required")

    async def test_leave_no_money_held(self, gateway, upstream):
        await offer(gateway, upstream, config={"request_transformer": {"msg_transformer": {}}})
        answer = await gateway.call()
        assert answer.status_code == 501
        assert gateway.leases.draws == 0


class TestMoney:
    async def test_charges_the_tokens_that_the_upstream_reported(self, gateway, upstream):
        await offer(gateway, upstream, price=make.price(price=TOKENS))
        upstream.answers(json_answer(CHAT))
        await gateway.call(body={"model": "m", "max_tokens": 20})
        event = await gateway.event()
        assert {name: event.usage[name] for name in ("input_tokens", "cached_input_tokens", "output_tokens")} == {
            "input_tokens": 1000, "cached_input_tokens": 400, "output_tokens": 10,
        }  # fmt: skip
        assert event.outcome == "completed"

    async def test_charges_the_characters_that_are_asked_to_be_spoken(self, gateway, upstream):
        price = {"type": "one_thousand_characters", "price": "1"}
        await offer(gateway, upstream, price=make.price(price=price))
        upstream.answers(json_answer({"audio": "//uQ"}))
        await gateway.call(body={"model": "tts-1", "voice": "alloy", "input": "Grüß Gott!"})
        event = await gateway.event()
        assert rate(event, pricing.compile(price)) == Rating(Decimal("0.01"))
        assert event.flags == ("estimated",)

    async def test_refuses_what_the_wallet_cannot_bear_before_anything_is_sent(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0.005") as gateway:
            await offer(gateway, upstream)
            answer = await gateway.call()
            assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_funds")
            assert "0.005 USD" in answer.json()["detail"]
            assert upstream.requests == []

    @pytest.mark.parametrize("answers", [10**3, 10**8, 10**9, 10**10])
    async def test_refuses_what_no_wallet_can_bear(self, gateway, upstream, answers):
        await offer(gateway, upstream, price=make.price(price=TOKENS))
        answer = await gateway.call(body={"model": "m", "max_tokens": 10**12, "n": answers})
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "insufficient_funds")

    async def test_gives_the_hold_back_when_an_upstream_states_more_than_can_be_charged(self, gateway, upstream):
        dear = {"type": "one_token", "input": "0.000001", "cached_input": "100000", "output": "0.000001"}
        await offer(gateway, upstream, price=make.price(price=dear))
        usage = {"prompt_tokens": 10**12, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 10**12}}
        upstream.answers(json_answer({"usage": usage}))
        assert (await gateway.call(body={"model": "m", "max_tokens": 20})).status_code == 200
        await gateway.event()
        assert gateway.app.runtime is not None
        await gateway.app.runtime.deps.leases.give_back_idle(at_once=True)
        assert gateway.leases.spendable[make.WALLET] == 1

    async def test_answers_exactly_the_calls_that_a_wallet_can_pay(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0.20") as gateway:
            await offer(gateway, upstream)
            answers = await asyncio.gather(*(gateway.call() for _ in range(200)))
            codes = [answer.status_code for answer in answers]
            assert (codes.count(200), codes.count(402)) == (20, 180)
            assert len(await gateway.events(20)) == 20
            assert len(upstream.requests) == 20

    async def test_gives_the_rest_of_the_hold_back_at_once(self, tmp_path, upstream):
        upstream.answers(json_answer(CHAT))
        async with serving(tmp_path, balance="0.02") as gateway:
            await offer(gateway, upstream, price=make.price(price=TOKENS))
            codes = [(await gateway.call(body={"model": "m", "max_tokens": 1000})).status_code for _ in range(3)]
            assert codes == [200, 200, 402] or codes == [200, 200, 200]
            held = sum((amount for _, amount in gateway.leases.leases.values()), Decimal(0))
            assert held + gateway.leases.spendable[make.WALLET] == Decimal("0.02")

    async def test_frees_the_hold_when_the_upstream_does_not_answer(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0.01") as gateway:
            await offer(gateway, upstream, config={"base_url": "http://127.0.0.1:1"})
            for _ in range(3):
                answer = await gateway.call()
                assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_refused")
            assert all(not event.is_billable for event in await gateway.events(3))

    async def test_calls_free_services_without_asking_the_wallet(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0") as gateway:
            await offer(gateway, upstream, price=make.price("0"))
            assert (await gateway.call()).status_code == 200
            assert gateway.leases.draws == 0

    async def test_refuses_paid_calls_while_the_books_are_away(self, gateway, upstream):
        gateway.leases.down = True
        answer = await gateway.call()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


class TestHostileAnswers:
    async def test_that_no_meter_can_read_are_accounted_for_and_free_their_hold(self, gateway, upstream, monkeypatch):
        def broken(*_: object, **__: object) -> None:
            raise TypeError("unhashable")

        monkeypatch.setattr("domain.metering.Meter.finish", broken)
        upstream.answers(json_answer({"type": [], "usage": {"usage": None}}))
        answer = await gateway.call()
        event = await gateway.event()
        assert (answer.status_code, event.flags, event.usage) == (200, ("unreadable_usage",), {})
        held = sum((amount for _, amount in gateway.leases.leases.values()), Decimal(0))
        assert held + gateway.leases.spendable[make.WALLET] == 1

    async def test_with_a_type_that_is_no_word_are_read(self, gateway, upstream):
        upstream.answers(json_answer({"type": [], "usage": {"input_tokens": 3, "output_tokens": 2}}))
        await gateway.call()
        assert (await gateway.event()).usage["output_tokens"] == 2


class TestEnrollments:
    async def test_are_reached_by_their_code_with_their_parameters(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_customer(enrollments=(make.enrollment("CEFF", parameters={"topic": "alerts"}),))
        config = {"base_url": f"{upstream.url}/{{{{ enrollment.code }}}}/{{{{ params.topic }}}}"}
        await offer(gateway, upstream, config=config, requires_enrollment=True)
        answer = await gateway.call("/e/ceff/publish")
        event = await gateway.event()
        assert answer.headers["x-usvc-enrollment"] == "CEFF"
        assert upstream.requests[0].target == "/CEFF/alerts/publish"
        assert event.price_version_id == make.enrollment().price.id

    async def test_are_named_upstream_as_the_channel_says(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await offer(gateway, upstream, config={"routing_key": {"model": "accounts/acme/m"}})
        await gateway.call(body={"model": "m", "messages": []})
        assert json.loads(upstream.requests[0].body) == {"model": "accounts/acme/m", "messages": []}


class TestHealth:
    async def test_is_good_while_calls_can_be_made(self, gateway):
        assert (await gateway.client.get("/healthz")).status_code == 200

    async def test_is_bad_when_the_records_can_no_longer_be_trusted(self, tmp_path, upstream):
        async with serving(tmp_path, trust_seconds=0.2) as gateway:
            gateway.records.down = True
            await asyncio.sleep(0.4)
            assert (await gateway.client.get("/healthz")).status_code == 503
            assert (await gateway.call()).status_code == 503
