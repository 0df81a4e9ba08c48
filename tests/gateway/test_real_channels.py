"""Channels as sellers write them: each compiles, and nothing in them is left unsupported."""

from __future__ import annotations

import pytest

from gateway.compiled import compile_service
from tests.factories import records as make

SLACK = '{"text":{* _escape_json((_body.title or "") .. ((_body.title ~= "" and _body.body ~= "") and "\\n" or "") .. (_body.body or "")) *}}'  # noqa: E501 - a seller's line
CHANNELS = {
    "a model behind a provider's address": {
        "base_url": "https://api.fireworks.ai/inference/v1", "api_key": "${ secrets.FIREWORKS_API_KEY }",
        "routing_key": {"model": "accounts/fireworks/models/glm-4p6"}, "is_active": True},
    "the customer's own key": {
        "base_url": "https://api.groq.com/openai/v1", "api_key": "${ customer_secrets.GROQ_API_KEY }"},
    "the customer's own endpoint": {
        "base_url": "${ customer_secrets.OLLAMA_URL ?? http://localhost:11434 }", "api_key": "__strip__"},
    "a webhook made in the literal block": {
        "base_url": "https://mock.example/discord/api/webhooks/demo/token",
        "raw": {"request_transformer": {
            "body_transformer": {"request": {"input_format": "json", "template": SLACK}},
            "proxy_rewrite": {"method": "POST", "headers": {"set": {"Content-Type": "application/json"}}}}}},
    "a secret that a parameter names, in the literal block": {
        "base_url": "https://ntfy.example/{{ params.topic }}",
        "raw": {"request_transformer": {"body_transformer": {"request": {"input_format": "json", "template":
            '{"topic":"t","token":"${ customer_secrets.{{ params.token_secret }} }"}'}}}}},
    "an urgency from a table": {
        "base_url": "https://push.example", "raw": {"request_transformer": {"body_transformer": {"request": {
            "input_format": "json",
            "template": '{"p":{* ({info=3,success=3,warning=4,failure=5})[_body.type or ""] or 3 *}}'}}}}},
    "a body of parameters": {
        "base_url": "https://jobs.example",
        "request_transformer": {"set_body": "{{ enrollment.parameters | tojson }}"}},
    "another dialect": {
        "base_url": "https://api.example/v1", "api_key": "${ secrets.K }",
        "raw": {"request_transformer": {"llm_translator": "anthropic_to_openai"}}},
    "a signature": {
        "base_url": "https://bedrock-runtime.{{ routing_vars.region }}.amazonaws.com", "api_key": "__sigv4__",
        "access_key": "${ customer_secrets.AWS_ACCESS_KEY_ID }", "region": "{{ routing_vars.region }}",
        "secret_key": "${ customer_secrets.AWS_SECRET_ACCESS_KEY }", "sigv4_service": "bedrock"},
    "an answer of our own": {"base_url": "resp://200"},
    "several servers": {"servers": [
        {"base_url": "https://a.example", "api_key": "${ secrets.A }", "weight": 2},
        {"base_url": "https://b.example", "api_key": "${ secrets.B }"}]},
    "limits of every kind": {
        "base_url": "https://api.example", "channel_rate_limit": {"limit": 5, "unit": "concurrent"},
        "customer_rate_limit": [{"limit": 60, "unit": "requests", "window": "minute", "burst_limit": 10}],
        "rate_limit_refs": ["rpm"], "constraints": {"max_request_size_bytes": 1000}},
}  # fmt: skip


class TestRealChannels:
    @pytest.mark.parametrize("name", CHANNELS)
    def test_compile_and_are_carried(self, name):
        limits = {"rpm": {"name": "rpm", "limit": 100, "unit": "requests", "window": "minute"}}
        channel = make.channel(config=CHANNELS[name])
        compiled = compile_service(make.service(channels=(channel,), account_limits=limits)).channels[0]
        assert compiled.unsupported == ""

    def test_without_any_of_it_cost_nothing_more(self):
        channel = make.channel(config=CHANNELS["a model behind a provider's address"])
        compiled = compile_service(make.service(channels=(channel,))).channels[0]
        assert (compiled.shaping, compiled.bounds) == (None, None)

    @pytest.mark.parametrize("address", ["notify://x", "smtp://mail.example", "resp://99", "resp://x", ""])
    def test_that_are_for_other_gateways_are_told_apart(self, address):
        channel = make.channel(config={"base_url": address})
        compiled = compile_service(make.service(channels=(channel,))).channels[0]
        assert compiled.unsupported
        assert not compiled.is_broken
