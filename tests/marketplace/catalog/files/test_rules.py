"""For each numbered validation rule a case that passes and one that fails, with the sentence that the seller reads."""

from __future__ import annotations

import pytest

from tests.marketplace.catalog.files.samples import CHANNEL, INTERFACE, LISTING, MISSING, check, texts

MCP_OFFERING = {
    "service_type": "mcp",
    "upstream_access_config": {"main": {"access_method": "mcp", "base_url": "https://mcp.acme.example"}},
}
MCP_INTERFACE = {
    "access_method": "mcp",
    "base_url": "${MCP_GATEWAY_BASE_URL}",
    "routing_key": {"namespace": "acme_tools"},
}
SMTP = {"base_url": "${SMTP_GATEWAY_BASE_URL}", "access_method": "smtp"}
SIGV4 = {"base_url": "https://b.acme.example", "api_key": "__sigv4__", "access_key": "${ secrets.A }"} | {
    "secret_key": "${ secrets.B }"
}

#: rule, the part changed, the change that fails, the sentence, the change that passes
RULES = [
    (1, "provider", {"contact_email": MISSING}, "provider_data.contact_email: required", {"contact_email": "a@b.co"}),
    (
        2,
        "provider",
        {"homepage": "openai.com"},
        "provider_data.homepage: not a URL (got 'openai.com'). Start it with https://",
        {"homepage": "https://openai.com"},
    ),
    (
        2,
        "provider",
        {"contact_email": "nobody"},
        "provider_data.contact_email: not an e-mail address (got 'nobody'). Write it like name@example.com",
        {"contact_email": "a.b+c@mail.acme.example"},
    ),
    (
        2,
        "offering",
        {"time_created": "yesterday"},
        "offering_data.time_created: not a date and time (got 'yesterday'). Write it like 2026-01-31T12:00:00Z",
        {"time_created": "2026-01-31T12:00:00.5+02:00"},
    ),
    (
        3,
        "listing",
        {"status": "live"},
        "listing_data.status: must be draft, ready or deprecated (got 'live')",
        {"status": "ready"},
    ),
    (
        4,
        "offering",
        {"summary": "x" * 231},
        "offering_data.summary: at most 200 characters (got 231)",
        {"summary": "x" * 200},
    ),
    (
        5,
        "provider",
        {"name": "Bad Provider"},
        "provider_data.name: letters, digits, '.', '-', '_' only (got 'Bad Provider'). Try 'bad-provider'",
        {"name": "acme"},
    ),
    (
        6,
        "listing",
        {"name": "acme/x"},
        "listing_data.name: segment 'x' is too short; one-letter segments are gateway prefixes",
        {"name": "acme/Big.Model-1_x@b"},
    ),
    (
        7,
        "listing",
        {"name": "cohere/cmd-r"},
        "listing_data.name: 'cohere/cmd-r' must start with the provider 'acme/', or be a bare name",
        {"name": "cmd-r"},
    ),
    (
        9,
        "offering",
        {"upstream_access_config": {}},
        "offering_data.upstream_access_config: needs at least one channel",
        {},
    ),
    (
        9,
        "offering",
        {"upstream_access_config": MISSING},
        "offering_data.upstream_access_config: needs at least one channel",
        {},
    ),
    (
        9,
        "listing",
        {"user_access_interfaces": MISSING},
        "listing_data.user_access_interfaces: needs at least one interface",
        {},
    ),
    (
        10,
        "offering",
        {f"{CHANNEL}.api_key": "sk-live-0123456789abcdef"},
        "offering_data.upstream_access_config.default.api_key: never a literal key (got 'sk-l…'). "
        "Create a secret and write ${ secrets.NAME }",
        {f"{CHANNEL}.api_key": "Bearer ${secrets.ACME_KEY}"},
    ),
    (
        11,
        "offering",
        {f"{CHANNEL}.api_key": '${ secrets["X"] }'},
        "offering_data.upstream_access_config.default.api_key: '${ secrets[\"X\"] }' is not a valid reference. "
        "Use ${ secrets.NAME } or ${ secrets.NAME ?? default }",
        {f"{CHANNEL}.api_key": "${ customer_secrets.X ?? none }"},
    ),
    (
        12,
        "offering",
        {f"{CHANNEL}.api_key": "${ secrets.OPENAI_API_KEY }"},
        "offering_data.upstream_access_config.default.api_key: "
        "secret 'OPENAI_API_KEY' does not exist in your account",
        {f"{CHANNEL}.api_key": "${ secrets.ACME_KEY }"},
    ),
    (
        14,
        "offering",
        {CHANNEL: SIGV4},
        "offering_data.upstream_access_config.default.api_key: "
        "'__sigv4__' needs access_key, secret_key and sigv4_service (missing: sigv4_service)",
        {CHANNEL: SIGV4 | {"sigv4_service": "bedrock"}},
    ),
    (
        14,
        "offering",
        {f"{CHANNEL}.api_key": "__forward__"},
        "offering_data.upstream_access_config.default.api_key: '__forward__' passes the customer's key on, "
        "which only platform hosts may see (got 'api.acme.example'). Use ${ secrets.NAME } or __strip__",
        {f"{CHANNEL}.api_key": "__forward__", f"{CHANNEL}.base_url": "https://log.platform.example/v1"},
    ),
    (
        15,
        "offering",
        {f"{CHANNEL}.base_url": "https://api.acme.example/{{ params.regoin }}"},
        "offering_data.upstream_access_config.default.base_url: 'params.regoin' is not declared (known: region). "
        "Did you mean region?",
        {f"{CHANNEL}.base_url": "https://api.acme.example/{{ params.region }}"},
    ),
    (
        15,
        "listing",
        {f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/{% if x %}"},
        "listing_data.user_access_interfaces.canonical.base_url: '{%' blocks are not offered. Use {{ name }} only.",
        {f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/acme/{{ enrollment.code }}"},
    ),
    (
        18,
        "listing",
        {"user_parameters_schema": {"type": "objekt"}},
        "listing_data.user_parameters_schema.type: must be 'object' (got 'objekt')",
        {"user_parameters_schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
    ),
    (
        19,
        "listing",
        {"service_options": {"warp": 9}},
        "listing_data.service_options.warp: unknown option. Known: default_visibility, enrollment, routing_vars, "
        "ops_testing_parameters, prompt_recurrence, recurrence_allow_cron, recurrence_min_interval_seconds, "
        "recurrence_max_interval_seconds, plans, plan_required",
        {"service_options": {"default_visibility": "private"}},
    ),
    (
        22,
        "listing",
        {"documents.Guide 1": {"category": "tutorial", "mime_type": "markdown"} | {"file_path": "guide.md"}
         | {"external_url": "https://acme.example/guide.md"}},
        "listing_data.documents.'Guide 1': give file_path or external_url, not both",
        {"documents.Guide 1": {"category": "tutorial", "mime_type": "markdown"} | {"file_path": "guide.md"}
         | {"external_url": "${UNITYSVC_S3_BASE_URL}/9f3c.md"}},
    ),
    (
        23,
        "listing",
        {"documents.Body 1": {"category": "request_template", "mime_type": "json", "file_content": '{\n "a": 1,\n}'}},
        "listing_data.documents.'Body 1': not valid JSON (line 3, column 1)",
        {"documents.Body 1": {"category": "request_template", "mime_type": "json", "file_content": '{"a": 1}'}},
    ),
    (
        24,
        "listing",
        {f"{INTERFACE}.base_url": "https://elsewhere.example/x"},
        "listing_data.user_access_interfaces.canonical.base_url: must start with a gateway placeholder "
        "(got 'https://elsewhere.example/x'). Write it like ${API_GATEWAY_BASE_URL}/…",
        {f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/a/latest"},
    ),
    (
        25,
        "listing",
        {"user_access_interfaces.mail": SMTP},
        "listing_data.user_access_interfaces.mail.routing_key.username: required for the SMTP gateway",
        {"user_access_interfaces.mail": SMTP | {"routing_key": {"username": "echo"}}},
    ),
    (
        25,
        "listing",
        {"user_access_interfaces.store": {"base_url": "${S3_GATEWAY_BASE_URL}/Bucket"}},
        "listing_data.user_access_interfaces.store.base_url: not an S3 bucket name (got 'Bucket'). "
        "3 to 63 lowercase letters, digits and '-', a letter or digit at both ends",
        {"user_access_interfaces.store": {"base_url": "${S3_GATEWAY_BASE_URL}/{{ enrollment.code }}"}},
    ),
    (
        25,
        "offering",
        {"upstream_access_config.tools": MCP_OFFERING["upstream_access_config"]["main"]},
        "offering_data.upstream_access_config.tools.access_method: an mcp channel needs service_type mcp (got 'proxy')",
        MCP_OFFERING,
    ),
    (
        27,
        "offering",
        {"service_type": "llm", "details": {"parameter_count": None}},
        "offering_data.details.context_length: LLM offerings must declare details.context_length. "
        "Use null to assert that the value is unknown.",
        {"service_type": "llm", "details": {"parameter_count": None, "context_length": 8192}},
    ),
    (
        28,
        "listing",
        {"currency": "USD", "list_price": {"currency": "EUR", "price_data": {"type": "image", "price": "0.04"}}},
        "listing_data.list_price.currency: EUR, but the listing says USD. Keep one of them",
        {"currency": "EUR", "list_price": {"currency": "EUR", "price_data": {"type": "image", "price": "0.04"}}},
    ),
    (
        29,
        "offering",
        {f"{CHANNEL}.rate_limit_refs": ["account-rpm"]},
        "offering_data.upstream_access_config.default.rate_limit_refs[0]: "
        "no provider rate limit named 'account-rpm' (known: rpm)",
        {f"{CHANNEL}.rate_limit_refs": ["rpm"]},
    ),
    (
        32,
        "listing",
        {f"{INTERFACE}.base_urll": "x"},
        "listing_data.user_access_interfaces.canonical.base_urll: unknown field (did you mean base_url?)",
        {f"{INTERFACE}.description": "x"},
    ),
    (
        32,
        "provider",
        {"services_populator": {"command": "x", "shell": True}},
        "provider_data.services_populator.shell: unknown field",
        {"services_populator": {"command": ["python", "x.py"], "envs": {}}},
    ),
]  # fmt: skip

RATE_LIMITS = {"rate_limits": [{"name": "rpm", "limit": 60, "unit": "requests", "window": "minute"}]}
REGION = {
    "user_parameters_schema": {"type": "object", "properties": {"region": {"type": "string"}}},
}
AROUND = {15: {"listing": REGION}, 29: {"provider": RATE_LIMITS}}
OPTIONS = {
    14: {"seller_secret_names": frozenset({"A", "B", "ACME_KEY"}), "forward_hosts": (".platform.example",)},
}


def _check(rule, part, change):
    changes = {name: dict(held) for name, held in AROUND.get(rule, {}).items()}
    changes[part] = {**changes.get(part, {}), **change}
    return check(**changes, **OPTIONS.get(rule, {}))


class TestRule:
    @pytest.mark.parametrize(("rule", "part", "broken", "sentence", "whole"), RULES)
    def test_broken_is_told_with_its_mend(self, rule, part, broken, sentence, whole):
        assert sentence in texts(_check(rule, part, broken).problems)

    @pytest.mark.parametrize(("rule", "part", "broken", "sentence", "whole"), RULES)
    def test_kept_is_no_problem(self, rule, part, broken, sentence, whole):
        assert texts(_check(rule, part, whole).problems) == []


class TestTheSample:
    def test_is_valid_without_a_word(self):
        result = check()

        assert texts(result.problems) == []
        assert texts(result.warnings) == []
        assert result.service_name == LISTING["name"]
