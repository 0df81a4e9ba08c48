"""For each numbered validation rule a case that passes and one that fails, with the sentence that the seller reads."""

from __future__ import annotations

import pytest

from marketplace.catalog.files.groups import validate_group
from marketplace.catalog.files.promotions import validate_promotion
from tests.marketplace.catalog.files.samples import CHANNEL, CITY, INTERFACE, LISTING, MISSING, check, texts

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

    @pytest.mark.parametrize(("known", "wanted", "said"), [
        ({"ACME_KEY"}, True, True),
        ({"ACME_KEY", "GROQ_API_KEY"}, True, False),
        ({"ACME_KEY"}, False, False),
    ])  # fmt: skip
    def test_13_a_required_customer_secret_needs_one_of_the_seller_for_tests(self, known, wanted, said):
        result = check(
            offering={f"{CHANNEL}.api_key": "${ customer_secrets.GROQ_API_KEY }"},
            seller_secret_names=frozenset(known),
            require_test_secrets=wanted,
        )

        assert (
            texts(result.problems)
            == [
                "offering_data.upstream_access_config.default: Customer secret 'GROQ_API_KEY' "
                "needs a seller secret of the same name so the platform can test the service"
            ]
            * said
        )

    @pytest.mark.parametrize(("options", "schema", "said"), [
        ({}, CITY, True),
        ({"ops_testing_parameters": {"city": "Bern"}}, CITY, False),
        ({}, {**CITY, "properties": {"city": {"type": "string", "default": "Bern"}}}, False),
    ])  # fmt: skip
    def test_16_required_parameters_have_a_value_for_tests(self, options, schema, said):
        result = check(
            offering={f"{CHANNEL}.base_url": "https://api.acme.example/{{ params.city }}"},
            listing={"user_parameters_schema": schema, "service_options": options},
        )

        sentence = (
            "listing_data.service_options.ops_testing_parameters: "
            "Required parameters missing default values in service_options.ops_testing_parameters: ['city']"
        )
        assert texts(result.problems) == [sentence] * said

    @pytest.mark.parametrize(("where", "said"), [
        ({}, True),
        ({"offering": {f"{CHANNEL}.headers": {"X-City": "{{ params.city }}"}}}, False),
        ({"offering": {f"{CHANNEL}.description": "{{ params.city }}"}}, True),
        ({"listing": {f"{INTERFACE}.routing_key": {"model": "{{ params.city }}"}}}, False),
        ({"listing": {"documents.Guide 1": {"category": "tutorial", "mime_type": "markdown",
                                            "file_content": "Weather in {{ params.city }}"}}}, False),
        ({"offering": {f"{CHANNEL}.request_transformer": {"set_body": "{{ enrollment.parameters | tojson }}"}}}, False),
    ])  # fmt: skip
    def test_17_required_parameters_are_used(self, where, said):
        listing = {
            "user_parameters_schema": CITY,
            "service_options": {"ops_testing_parameters": {"city": "Bern"}},
            **where.get("listing", {}),
        }

        result = check(offering=where.get("offering"), listing=listing)

        sentence = (
            "listing_data.user_parameters_schema: Required user parameter(s) city are used nowhere; "
            "reference {{ params.city }} or make it optional"
        )
        assert texts(result.problems) == [sentence] * said

    @pytest.mark.parametrize(("for_submit", "errors", "warnings"), [(False, 0, 1), (True, 1, 0)])
    def test_20_a_connectivity_test_is_needed_to_submit(self, for_submit, errors, warnings):
        result = check(listing={"documents": {}}, for_submit=for_submit)

        sentence = "listing_data.documents: add at least one document with category connectivity_test"
        assert texts(result.problems) == [sentence] * errors
        assert texts(result.warnings) == [sentence] * warnings

    def test_20_a_connectivity_test_is_never_public(self):
        result = check(listing={"documents.Connection.is_public": True})

        assert texts(result.problems) == [
            "listing_data.documents.Connection.is_public: a connectivity_test is never public. Leave is_public out"
        ]

    @pytest.mark.parametrize(("blobs", "said"), [(None, False), ({}, True), ({"9f3c0123456789abcdef.md": b"#"}, False)])
    def test_21_an_uploaded_document_is_there(self, blobs, said):
        document = {
            "category": "getting_started",
            "mime_type": "markdown",
            "external_url": "${UNITYSVC_S3_BASE_URL}/9f3c0123456789abcdef.md",
        }

        result = check(listing={"documents.Quick start": document}, blobs=blobs)

        assert (
            texts(result.problems)
            == ["listing_data.documents.'Quick start': blob 9f3c….md was never uploaded. Upload the file first"] * said
        )

    def test_21_a_document_has_content(self):
        result = check(listing={"documents.Quick start": {"category": "tutorial", "mime_type": "markdown"}})

        assert texts(result.problems) == [
            "listing_data.documents.'Quick start': has no content. Give file_path, external_url or file_content"
        ]

    @pytest.mark.parametrize(("listing", "sentence"), [
        ({"access_method": "http"}, "access_method: must be mcp for the MCP gateway (got 'http')"),
        ({"base_url": "${MCP_GATEWAY_BASE_URL}/x"},
         "base_url: must be exactly ${MCP_GATEWAY_BASE_URL} (got '${MCP_GATEWAY_BASE_URL}/x'). "
         "Use routing_key.namespace"),
        ({"routing_key": {}}, "routing_key.namespace: required for the MCP gateway"),
        ({"routing_key": {"namespace": "Acme-Tools"}},
         "routing_key.namespace: at most 24 lowercase letters, digits and '_', a letter or digit first "
         "(got 'Acme-Tools')"),
    ])  # fmt: skip
    def test_25_an_mcp_interface_is_whole(self, listing, sentence):
        offering = dict(MCP_OFFERING)
        whole = check(offering=offering, listing={"user_access_interfaces": {"tools": MCP_INTERFACE}})
        broken = check(offering=offering, listing={"user_access_interfaces": {"tools": MCP_INTERFACE | listing}})

        assert texts(whole.problems) == []
        assert texts(broken.problems) == [f"listing_data.user_access_interfaces.tools.{sentence}"]

    def test_26_what_only_a_payout_may_use_is_refused_in_a_list_price(self):
        price = {"type": "add", "prices": [{"type": "revenue_share", "percentage": "80"}]}

        as_list = check(listing={"list_price": price})
        as_payout = check(offering={"payout_price": price})

        assert texts(as_list.problems) == [
            "listing_data.list_price.prices[0]: 'revenue_share' is only allowed in payout_price"
        ]
        assert texts(as_payout.problems) == []

    def test_30_a_group_has_a_slug_and_a_rule_that_can_be_read(self):
        group = {"name": "my-llms", "display_name": "LLMs", "membership_rules": {"expression": "service_type == 'llm'"}}
        broken = {**group, "name": "My LLMs", "membership_rules": {"expression": "provider == 'openai'"}}

        assert validate_group(group).is_valid
        assert texts(validate_group(broken).problems) == [
            "name: lowercase letters, digits, '-' and '_', a letter or digit first (got 'My LLMs'). Try 'my-llms'",
            "membership_rules.expression: unknown name 'provider' at column 1 (did you mean provider_name?)",
        ]

    def test_31_a_promotion_says_for_whom_and_how_much(self):
        promotion = {
            "name": "Summer",
            "pricing": {"type": "multiply", "factor": "0.80"},
            "scope": {"customers": {"code": "{{ promotion_code(8) }}"}, "services": ["acme/echo"]},
        }
        broken = {**promotion, "scope": {"services": "all"}}

        assert validate_promotion(promotion).is_valid
        assert texts(validate_promotion(broken).problems) == [
            "scope.services: must be \"*\" or a list of names (got 'all')"
        ]

    def test_32_an_unknown_key_at_the_top_of_a_part_is_only_a_word(self):
        result = check(provider={"homepag": "x"}, offering={"colour": "x"}, listing={"statu": "x"})

        assert result.is_valid
        assert texts(result.warnings) == [
            "provider_data.homepag: unknown field, ignored (did you mean homepage?)",
            "offering_data.colour: unknown field, ignored",
            "listing_data.statu: unknown field, ignored (did you mean status?)",
        ]


class TestProblems:
    def test_all_are_told_at_once_credentials_first_then_by_part(self):
        result = check(
            provider={"contact_email": MISSING, "homepag": "x"},
            offering={f"{CHANNEL}.api_key": "sk-live-0123456789abcdef", "summary": "x" * 201},
            listing={"status": "live", f"{INTERFACE}.base_url": MISSING, f"{INTERFACE}.base_urll": "x"},
        )

        assert [problem.where for problem in result.problems] == [
            "offering_data.upstream_access_config.default.api_key",
            "provider_data.contact_email",
            "offering_data.summary",
            "listing_data.user_access_interfaces.canonical.base_urll",
            "listing_data.status",
            "listing_data.user_access_interfaces.canonical.base_url",
        ]

    def test_have_the_same_order_every_time(self):
        orders = {
            tuple(texts(check(provider={"name": 1, "homepage": 2}, listing={"status": 3}).problems)) for _ in range(5)
        }

        assert len(orders) == 1

    def test_are_given_to_the_api_as_loc_msg_and_type(self):
        result = check(listing={"status": "live"})

        assert [problem.as_detail() for problem in result.problems] == [
            {
                "loc": ["body", "data", "listing_data", "status"],
                "msg": "must be draft, ready or deprecated (got 'live')",
                "type": "enum",
            }
        ]

    @pytest.mark.parametrize("value", ["sk-live-0123456789abcdef", "svcpass_0123456789", "Bearer eyJhbGciOi"])
    def test_never_repeat_a_credential(self, value):
        result = check(
            provider={"status": value, "name": value, "homepage": value},
            offering={f"{CHANNEL}.api_key": value, f"{CHANNEL}.headers": {"Authorization": value}, "currency": value},
            listing={"name": value, f"{INTERFACE}.base_url": value, f"{INTERFACE}.access_method": value},
        )

        assert len(result.problems) >= 7
        assert not any(value in text or value[8:] in text for text in texts(result.problems + result.warnings))

    def test_in_an_address_never_repeat_the_password(self):
        result = check(provider={"homepage": "https://user:hunter2@acme.example"})

        assert texts(result.problems) == [
            "provider_data.homepage: not a URL (got 'https://…@acme.example'). "
            "Write an address like https://example.com, without credentials"
        ]


class TestTheSample:
    def test_is_valid_without_a_word(self):
        result = check()

        assert texts(result.problems) == []
        assert texts(result.warnings) == []
        assert result.service_name == LISTING["name"]
