"""Channels that change what is sent: the literal block, transformers, signatures, the caller's key, local answers."""

from __future__ import annotations

import pytest

from tests.factories import records as make
from tests.fakes.upstream import json_answer
from tests.gateway.conftest import offer
from tests.gateway.harness import serving

DISCORD = (
    '{"embeds":[{"title":{* _escape_json(_body.title) *},"description":{* _escape_json(_body.body) *},'
    '"footer":{"text":{* _escape_json("from " .. (_body.from or "")) *}}}]}'
)


def transformer(**transformers):
    return {"request_transformer": transformers}


class TestTheLiteralBlock:
    async def test_wins_over_its_siblings_and_is_no_template(self, gateway, upstream):
        upstream.answers(json_answer({}))
        raw = {"headers": {"x-a": "{{ params.x }}"}}
        await offer(gateway, upstream, config={"headers": {"x-a": "outer", "x-b": "gone"}, "raw": raw})
        await gateway.call()
        sent = upstream.requests[0]
        assert (sent.header(b"x-a"), sent.header(b"x-b")) == (b"{{ params.x }}", None)

    async def test_resolves_secrets_and_those_that_a_parameter_names(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_secret(make.SELLER, "KEY", "seller-key")
        gateway.publish_secret(make.TEAM, "MINE", 'to"ken', hosts=("127.0.0.1",))
        enrollment = make.enrollment(parameters={"token_secret": "MINE"})
        gateway.publish_customer(enrollments=(enrollment,), secret_names=frozenset({"MINE"}))
        raw = {
            "api_key": "${ secrets.KEY }",
            **transformer(
                body_transformer={
                    "request": {
                        "input_format": "json",
                        "template": '{"token": "${ customer_secrets.{{ params.token_secret }} }"}',
                    }
                }
            ),
        }
        await offer(gateway, upstream, config={"raw": raw}, requires_enrollment=True)
        answer = await gateway.call()
        assert answer.status_code == 200, answer.text
        sent = upstream.requests[0]
        assert (sent.header(b"authorization"), sent.json) == (b"Bearer seller-key", {"token": 'to"ken'})


class TestTransformers:
    async def test_make_another_body_of_the_callers(self, gateway, upstream):
        upstream.answers(json_answer({}))
        raw = transformer(
            body_transformer={"request": {"input_format": "json", "template": DISCORD}},
            proxy_rewrite={"method": "PUT", "headers": {"set": {"Content-Type": "application/json; v=2"}}},
        )
        await offer(gateway, upstream, config={"raw": raw})
        await gateway.call(body={"title": "T", "body": 'B"'})
        sent = upstream.requests[0]
        assert sent.json == {"embeds": [{"title": "T", "description": 'B"', "footer": {"text": "from "}}]}
        assert (sent.method, sent.header(b"content-type")) == ("PUT", b"application/json; v=2")

    async def test_set_add_and_remove_headers(self, gateway, upstream):
        upstream.answers(json_answer({}))
        headers = {"set": {"X-Set": "1"}, "add": {"X-Add": "2"}, "remove": ["X-Gone"]}
        await offer(gateway, upstream, config=transformer(proxy_rewrite={"headers": headers}))
        await gateway.call(headers={"x-set": "mine", "x-add": "mine", "x-gone": "mine"})
        sent = [pair for pair in upstream.requests[0].headers if pair[0].lower().startswith(b"x-")]
        assert sorted(sent) == [(b"x-add", b"2"), (b"x-add", b"mine"), (b"x-set", b"1")]

    async def test_change_path_and_host(self, gateway, upstream):
        upstream.answers(json_answer({}))
        config = transformer(proxy_rewrite={"uri": "/hook/{{ routing_vars.id }}?a=1", "host": "inner.example"})
        await offer(gateway, upstream, config=config, routing_vars={"id": "x/y"})
        await gateway.call("/p/acme/chat/rest?b=2")
        sent = upstream.requests[0]
        assert (sent.target, sent.header(b"host")) == ("/hook/x%2Fy?a=1&b=2", b"inner.example")

    async def test_replace_the_body(self, gateway, upstream):
        upstream.answers(json_answer({}))
        enrollment = make.enrollment(parameters={"url": "https://a.example", "port": 443})
        gateway.publish_customer(enrollments=(enrollment,))
        config = transformer(set_body="{{ enrollment.parameters | tojson }}")
        await offer(gateway, upstream, config=config, requires_enrollment=True)
        await gateway.call(body={"other": 1})
        assert upstream.requests[0].json == {"url": "https://a.example", "port": 443}

    async def test_make_another_answer(self, gateway, upstream):
        upstream.answers(json_answer({"data": {"text": "hi"}}), json_answer({"data": 1}, status=400))
        template = {"input_format": "json", "template": '{"said": {* _escape_json(_body.data.text) *}}'}
        await offer(gateway, upstream, config=transformer(body_transformer={"response": template}))
        answer, error = await gateway.call(), await gateway.call()
        assert (answer.json(), error.json()) == ({"said": "hi"}, {"data": 1})
        event, _ = await gateway.events(2)
        assert event.usage["bytes_out"] == len(b'{"data": {"text": "hi"}}')

    async def test_that_do_not_fit_a_body_are_the_sellers_error(self, gateway, upstream):
        template = {"input_format": "json", "template": '{"a": {* _body.a *}}'}
        await offer(gateway, upstream, config=transformer(body_transformer={"request": template}))
        answer = await gateway.call(body={"a": "not json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "config_error")
        assert (upstream.requests, gateway.leases.draws) == ([], 0)

    async def test_that_cannot_be_read_are_the_sellers_error(self, gateway, upstream):
        template = {"input_format": "json", "template": "{* os.exit() *}"}
        await offer(gateway, upstream, config=transformer(body_transformer={"request": template}))
        answer = await gateway.call()
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "config_error")
        assert gateway.leases.draws == 0


class TestASignature:
    async def test_covers_what_is_sent_and_tells_no_secret(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_secret(make.SELLER, "AWS_ID", "AKIDEXAMPLE")
        gateway.publish_secret(make.SELLER, "AWS_SECRET", "the-secret-key")
        config = {"api_key": "__sigv4__", "access_key": "${ secrets.AWS_ID }", "secret_key": "${ secrets.AWS_SECRET }",
                  "region": "eu-west-1", "sigv4_service": "bedrock"}  # fmt: skip
        await offer(gateway, upstream, config=config)
        answer = await gateway.call()
        sent = upstream.requests[0]
        authorization = (sent.header(b"authorization") or b"").decode()
        assert answer.status_code == 200
        assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert "/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date" in authorization
        assert "the-secret-key" not in str(sent.headers)

    async def test_needs_its_fields(self, gateway, upstream):
        await offer(gateway, upstream, config={"api_key": "__sigv4__"})
        answer = await gateway.call()
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "config_error")


class TestTheCallersKey:
    async def test_goes_to_a_host_of_ours(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, platform_hosts=frozenset({"127.0.0.1"})) as gateway:
            await offer(gateway, upstream, config={"api_key": "__forward__"})
            await gateway.call()
            sent = upstream.requests[0]
            assert sent.header(b"authorization") == f"Bearer {gateway.key}".encode()
            circle = await gateway.call(headers={"x-usvc-forwarded": "3"})
            assert (circle.status_code, circle.json()["error"]["code"]) == (508, "forwarded_in_circles")

    async def test_goes_to_no_other_host(self, gateway, upstream):
        await offer(gateway, upstream, config={"api_key": "__forward__"})
        answer = await gateway.call()
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "config_error")
        assert upstream.requests == []


class TestALocalAnswer:
    @pytest.mark.parametrize("status", [200, 204, 404])
    async def test_comes_from_the_gateway(self, gateway, upstream, status):
        await offer(gateway, upstream, config={"base_url": f"resp://{status}"})
        answer = await gateway.call()
        event = await gateway.event()
        assert (answer.status_code, answer.content, upstream.requests) == (status, b"", [])
        assert event.is_billable is (status < 400)
