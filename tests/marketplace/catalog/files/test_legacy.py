"""Older names and shapes: what they become, and whether the seller is told."""

from __future__ import annotations

import tomllib

import pytest

from marketplace.catalog.files.service import validate_service
from tests.marketplace.catalog.files.samples import (
    CHANNEL,
    INTERFACE,
    LISTING,
    MISSING,
    OFFERING,
    PROVIDER,
    check,
    texts,
)

SCHEMAS = {
    "provider": {"schema": "provider_v1"},
    "offering": {"schema": "offering_v1"},
    "listing": {"schema": "listing_v1"},
}
GPT_4_PROVIDER = tomllib.loads("""
schema = "provider_v1"
name = "openai"
display_name = "OpenAI"
description = "Leading AI research laboratory"
contact_email = "support@openai.com"
homepage = "https://openai.com"
time_created = "2024-01-15T10:00:00Z"
status = "ready"
[services_populator]
command = "populate_services.py"
requirements = ["httpx", "openai"]
[services_populator.envs]
API_KEY = "sk-YOUR-API-KEY"
""")
GPT_4_OFFERING = tomllib.loads("""
schema = "offering_v1"
name = "gpt-4"
display_name = "GPT-4"
description = "Most capable GPT-4 model for complex reasoning tasks"
service_type = "llm"
status = "ready"
time_created = "2024-01-20T14:00:00Z"
[details]
context_window = 128000
max_output_tokens = 4096
[upstream_access_interfaces."OpenAI API"]
access_method = "http"
base_url = "https://api.openai.com/v1"
[payout_price]
currency = "USD"
[payout_price.price_data]
type = "one_million_tokens"
input = "30.00"
output = "60.00"
""")
GPT_4_LISTING = tomllib.loads("""
schema = "listing_v1"
name = "listing-premium"
display_name = "GPT-4 Premium Access"
status = "ready"
time_created = "2024-01-25T16:00:00Z"
[user_access_interfaces."OpenAI API Access"]
access_method = "http"
base_url = "${GATEWAY_BASE_URL}/p/openai"
[user_access_interfaces."OpenAI API Access".routing_key]
model = "gpt-4"
[list_price]
currency = "USD"
[list_price.price_data]
type = "one_million_tokens"
input = "35.00"
output = "70.00"
[documents."Quick Start Guide"]
file_path = "../../docs/quick-start.md"
category = "getting_started"
mime_type = "markdown"
""")


class TestTheDocumentedExample:
    def test_becomes_the_current_form(self):
        checked = validate_service(GPT_4_PROVIDER, GPT_4_OFFERING, GPT_4_LISTING, seller_secret_names=frozenset())

        assert texts(checked.problems) == []
        assert checked.is_legacy
        assert checked.service_name == "gpt-4@premium"
        assert checked.offering == {
            "name": "gpt-4",
            "display_name": "GPT-4",
            "summary": "Most capable GPT-4 model for complex reasoning tasks",
            "description": "Most capable GPT-4 model for complex reasoning tasks",
            "service_type": "llm",
            "status": "ready",
            "currency": "USD",
            "time_created": "2024-01-20T14:00:00Z",
            "details": {
                "context_window": 128000,
                "max_output_tokens": 4096,
                "context_length": 128000,
                "parameter_count": None,
            },
            "upstream_access_config": {
                "openai_api": {
                    "access_method": "http",
                    "base_url": "https://api.openai.com/v1",
                    "description": "OpenAI API",
                }
            },
            "payout_price": {"type": "one_million_tokens", "input": "30.00", "output": "60.00"},
        }
        assert checked.listing["user_access_interfaces"] == {
            "openai_api_access": {
                "access_method": "http",
                "base_url": "${API_GATEWAY_BASE_URL}/p/openai",
                "routing_key": {"model": "gpt-4"},
                "description": "OpenAI API Access",
            }
        }
        assert checked.listing["list_price"] == {"type": "one_million_tokens", "input": "35.00", "output": "70.00"}

    def test_names_the_sellers_own_keys_in_its_problems(self):
        interface = {"base_url": "https://elsewhere.example"}
        listing = {**GPT_4_LISTING, "user_access_interfaces": {"OpenAI API Access": interface}}

        checked = validate_service(GPT_4_PROVIDER, GPT_4_OFFERING, listing, seller_secret_names=None)

        assert [problem.where for problem in checked.problems] == [
            "listing_data.user_access_interfaces.'OpenAI API Access'.base_url"
        ]

    def test_gives_the_same_from_json(self):
        listing = {**GPT_4_LISTING, "list_price": {"type": "one_million_tokens", "input": "35.00", "output": "70.00"}}

        nested = validate_service(GPT_4_PROVIDER, GPT_4_OFFERING, GPT_4_LISTING, seller_secret_names=None)
        flat = validate_service(GPT_4_PROVIDER, GPT_4_OFFERING, listing, seller_secret_names=None)

        assert nested.listing == flat.listing


def _channel(checked):
    return checked.offering["upstream_access_config"]["default"]


def _interface(checked):
    return checked.listing["user_access_interfaces"]["canonical"]


#: changes, where to look, what stands there, whether the seller is told
OLDER = [
    (SCHEMAS, lambda c: "schema" in c.provider, False, False),
    ({"offering": {"upstream_access_config": MISSING,
                   "upstream_access_interfaces": OFFERING["upstream_access_config"]}},
     lambda c: c.offering["upstream_access_config"], OFFERING["upstream_access_config"], True),
    ({"listing": {"list_price": {"currency": "EUR", "price_data": {"type": "image", "price": "0.04"}}}},
     lambda c: (c.listing["list_price"], c.listing["currency"]), ({"type": "image", "price": "0.04"}, "EUR"), False),
    ({"listing": {f"{INTERFACE}.base_url": "${GATEWAY_BASE_URL}/p/acme"}},
     lambda c: _interface(c)["base_url"], "${API_GATEWAY_BASE_URL}/p/acme", True),
    ({"offering": {"summary": MISSING, "tagline": "Short"}}, lambda c: c.offering["summary"], "Short", True),
    ({"offering": {"summary": MISSING}}, lambda c: c.offering["summary"],
     "Answers every call with what was sent.", True),
    ({"offering": {"summary": MISSING, "description": "First line\nSecond line"}},
     lambda c: c.offering["summary"], "First line", True),
    ({"offering": {"summary": MISSING, "description": "x" * 300}}, lambda c: len(c.offering["summary"]), 200, True),
    ({"offering": {"description": MISSING}}, lambda c: c.offering["description"], "Says it again", True),
    ({"offering": {"description": MISSING, "summary": MISSING, "display_name": "Echo!"}},
     lambda c: (c.offering["summary"], c.offering["description"]), ("Echo!", "Echo!"), True),
    ({"offering": {"tags": ["byop", "ai", "byok"]}}, lambda c: c.offering["tags"], ["byok", "ai"], False),
    ({"listing": {"service_options": {"subscription_limit": 3, "subscription_limit_per_customer": 2,
                                      "subscription_limit_per_user": 1}}},
     lambda c: c.listing["service_options"],
     {"enrollment": {"limit": 3, "limit_per_customer": 2, "limit_per_user": 1}}, True),
    ({"listing": {"service_options": {"enrollment_limit": 3, "enrollment": {"limit": 5}}}},
     lambda c: c.listing["service_options"], {"enrollment": {"limit": 5}}, True),
    ({"listing": {"service_options": {"subscription_code_name": "code"},
                  f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/acme/{{ params.code }}"}},
     lambda c: (c.listing.get("service_options", {}), _interface(c)["base_url"]),
     ({}, "${API_GATEWAY_BASE_URL}/acme/{{ enrollment.code }}"), True),
    ({"listing": {"service_options": {"enrollment_vars": {"topic": "{{ enrollment_code(6) }}"}},
                  f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/acme/{{ enrollment_vars.topic }}"},
      "offering": {f"{CHANNEL}.base_url": "https://a.example/{{enrollment_vars.topic}}"}},
     lambda c: (c.listing.get("service_options", {}), _interface(c)["base_url"], _channel(c)["base_url"]),
     ({}, "${API_GATEWAY_BASE_URL}/acme/{{ enrollment.code }}", "https://a.example/{{enrollment.code}}"), True),
    ({"offering": {f"{CHANNEL}.base_url": "https://a.example/{{ enrollment_code(6) }}"}},
     lambda c: _channel(c)["base_url"], "https://a.example/{{ enrollment.code }}", True),
    ({"listing": {f"{INTERFACE}.api_key": "${ secrets.GROQ_API_KEY }"}, "offering": {f"{CHANNEL}.api_key": MISSING}},
     lambda c: (_channel(c)["api_key"], "api_key" in _interface(c)),
     ("${ customer_secrets.GROQ_API_KEY }", False), True),
    ({"listing": {f"{INTERFACE}.api_key": "${ secrets.GROQ_API_KEY ?? none }"}},
     lambda c: _channel(c)["api_key"], "${ customer_secrets.GROQ_API_KEY ?? none }", True),
    ({"listing": {f"{INTERFACE}.rate_limits": [{"limit": 5, "unit": "requests", "window": "minute"}]}},
     lambda c: _channel(c)["customer_rate_limit"], [{"limit": 5, "unit": "requests", "window": "minute"}], True),
    ({"listing": {f"{INTERFACE}.constraints": {"daily_quota": 5}}},
     lambda c: _channel(c)["constraints"], {"daily_quota": 5}, True),
    ({"listing": {f"{INTERFACE}.request_transformer": {"set_body": "{}"}}},
     lambda c: _channel(c)["request_transformer"], {"set_body": "{}"}, True),
    ({"listing": {f"{INTERFACE}.response_rules": {"fault": "{{ body.error }}"}}},
     lambda c: _channel(c)["response_rules"], {"fault": "{{ body.error }}"}, True),
    ({"offering": {f"{CHANNEL}.rate_limits": [{"limit": 5, "unit": "requests", "window": "minute"}]}},
     lambda c: (_channel(c)["channel_rate_limit"], "rate_limits" in _channel(c)),
     ([{"limit": 5, "unit": "requests", "window": "minute"}], False), True),
    ({"offering": {f"{CHANNEL}.rate_limits": []}}, lambda c: "rate_limits" in _channel(c), False, False),
    ({"listing": {"user_access_interfaces": [{"name": "canonical", "base_url": "${API_GATEWAY_BASE_URL}/acme"}]}},
     lambda c: c.listing["user_access_interfaces"], {"canonical": {"base_url": "${API_GATEWAY_BASE_URL}/acme"}}, False),
    ({"offering": {"service_type": "text_to_speech"}},
     lambda c: (c.offering["service_type"], c.offering["capabilities"]), ("text_to_speech", ["text_to_speech"]), False),
    ({"offering": {"service_type": "tts"}}, lambda c: c.offering["service_type"], "tts", True),
    ({"offering": {"service_type": "undetermined"}}, lambda c: c.offering["service_type"], "undetermined", True),
    ({"provider": {"logo": "logo.png", "terms_of_service": "https://acme.example/terms"}},
     lambda c: c.provider["documents"],
     {"Company Logo": {"category": "logo", "mime_type": "png", "is_public": True, "file_path": "logo.png"},
      "Terms of Service": {"category": "terms_of_service", "mime_type": "url", "is_public": True,
                           "external_url": "https://acme.example/terms"}}, False),
    ({"listing": {"documents": {"Connection": {"$doc_preset": "api_connectivity"}}}},
     lambda c: c.listing["documents"]["Connection"],
     {"category": "connectivity_test", "mime_type": "text", "meta": {"preset": "api_connectivity"}}, True),
    ({"listing": {"documents.Example": {"$doc_preset": {"name": "llm_code_example_shell", "meta": {"timeout": 5}},
                                        "description": "Shell"}}},
     lambda c: c.listing["documents"]["Example"],
     {"category": "code_example", "mime_type": "bash", "description": "Shell",
      "meta": {"timeout": 5, "preset": "llm_code_example_shell"}}, True),
    ({"listing": {"documents": {"Request": {"$doc_preset": "llm_request_template"},
                                "Manual": {"$doc_preset": "s3_description"}}}},
     lambda c: [document["category"] for document in c.listing["documents"].values()],
     ["request_template", "getting_started"], True),
]  # fmt: skip


class TestOlderName:
    @pytest.mark.parametrize(("changes", "look", "expected", "is_told"), OLDER)
    def test_becomes_the_current_one(self, changes, look, expected, is_told):
        checked = check(**changes, seller_secret_names=None)

        assert texts(checked.problems) == []
        assert look(checked) == expected
        untold = {"connectivity_test", "filled"} if changes is SCHEMAS else {"connectivity_test"}
        assert bool([p for p in checked.warnings if p.type not in untold]) is is_told

    def test_of_the_customers_key_takes_the_place_of_the_sellers(self):
        checked = check(listing={f"{INTERFACE}.api_key": "${ secrets.GROQ_API_KEY }"})

        assert checked.offering["upstream_access_config"]["default"]["api_key"] == "${ customer_secrets.GROQ_API_KEY }"
        assert checked.customer_secrets_required == ("GROQ_API_KEY",)
        assert checked.seller_secrets == frozenset()
        assert "listing_data.user_access_interfaces.canonical.api_key: takes the place of the channel's api_key. " \
            "Keep one of them" in texts(checked.warnings)  # fmt: skip

    def test_of_a_key_that_stands_there_literally_is_refused(self):
        checked = check(listing={f"{INTERFACE}.api_key": "gsk_0123456789"})

        assert "listing_data.user_access_interfaces.canonical.api_key: never a literal key (got 'gsk_…'). " \
            "Create a secret and write ${ secrets.NAME }" in texts(checked.problems)  # fmt: skip

    def test_of_a_variable_that_was_no_code_is_lost_and_told(self):
        checked = check(
            listing={
                "service_options": {"enrollment_vars": {"size": "{{ 3 * 4 }}"}},
                f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/acme/{{ enrollment_vars.size }}",
            }
        )

        assert texts(checked.problems) == [
            "listing_data.user_access_interfaces.canonical.base_url: Unknown name 'enrollment_vars' "
            "(did you mean enrollment?). Known: enrollment, params, routing_vars, service_name."
        ]

    def test_beside_the_current_one_gives_way(self):
        older = {"default": {"base_url": "https://old.example"}, "second": {"base_url": "https://two.example"}}

        checked = check(offering={"upstream_access_interfaces": older})

        config = checked.offering["upstream_access_config"]
        assert config["default"] == OFFERING["upstream_access_config"]["default"]
        assert config["second"] == older["second"]

    @pytest.mark.parametrize("part", ["provider", "offering", "listing"])
    def test_of_another_schema_is_refused(self, part):
        checked = check(**{part: {"schema": "service_group_v1"}})

        assert texts(checked.problems) == [
            f"{part}_data.schema: must be '{part}_v1' here (got 'service_group_v1'). Leave it out"
        ]

    def test_twice_in_a_list_is_refused(self):
        interfaces = [{"name": "api", "base_url": "${API_GATEWAY_BASE_URL}/acme"}] * 2

        checked = check(listing={"user_access_interfaces": interfaces})

        assert texts(checked.problems) == [
            "listing_data.user_access_interfaces[1].name: 'api' is there twice. Give each a name of its own"
        ]


class TestOlderFiles:
    def test_need_no_facts_about_a_model_but_newer_ones_do(self):
        offering = {"service_type": "llm", "details": {"contextLength": 0, "parameterCount": "7000"}}

        older = check(**{**SCHEMAS, "offering": {**SCHEMAS["offering"], **offering}})
        newer = check(offering=offering)

        assert older.is_valid
        assert older.offering["details"]["context_length"] is None
        assert older.offering["details"]["parameter_count"] == 7000
        assert len(newer.problems) == 2

    def test_may_name_a_service_outside_of_the_providers_namespace(self):
        assert check(**{**SCHEMAS, "listing": {**SCHEMAS["listing"], "name": "meta-llama/guard"}}).is_valid
        assert not check(listing={"name": "meta-llama/guard"}).is_valid

    def test_are_only_warned_about_a_parameter_that_nobody_reads(self):
        schema = {"type": "object", "properties": {"city": {"default": "Bern"}}, "required": ["city"]}

        older = check(**{**SCHEMAS, "listing": {**SCHEMAS["listing"], "user_parameters_schema": schema}})
        newer = check(listing={"user_parameters_schema": schema})

        assert older.is_valid
        assert "unused_parameter" in [problem.type for problem in older.warnings]
        assert [problem.type for problem in newer.problems] == ["unused_parameter"]


class TestRenamedKeys:
    def test_are_followed_by_everything_that_names_them(self):
        channels = {"Plus API": {"base_url": "https://plus.example", "applicable_interfaces": ["Web API"]}}
        price = {"type": "channel", "default": "Plus API", "channels": {"Plus API": {"type": "constant", "price": "1"}}}
        document = {"category": "tutorial", "mime_type": "text", "file_content": "x"}
        checked = check(
            offering={"upstream_access_config": channels},
            listing={
                "list_price": price,
                "user_access_interfaces": {"Web API": {"base_url": "${API_GATEWAY_BASE_URL}/acme"}},
                "documents.Example": {**document, "meta": {"channels": ["Plus API"], "interfaces": ["Web API"]}},
            },
        )

        assert checked.is_valid
        assert checked.offering["upstream_access_config"]["plus_api"]["applicable_interfaces"] == ["web_api"]
        assert checked.listing["list_price"]["default"] == "plus_api"
        assert list(checked.listing["list_price"]["channels"]) == ["plus_api"]
        assert checked.listing["documents"]["Example"]["meta"] == {"channels": ["plus_api"], "interfaces": ["web_api"]}

    def test_stay_apart_when_they_would_be_the_same(self):
        interfaces = {name: {"base_url": "${API_GATEWAY_BASE_URL}/acme"} for name in ("web_api", "Web API", "WEB API!")}

        checked = check(listing={"user_access_interfaces": interfaces})

        assert list(checked.listing["user_access_interfaces"]) == ["web_api", "web_api_2", "web_api_3"]


class TestNormalising:
    def test_leaves_what_it_was_given_alone(self):
        before = repr((GPT_4_PROVIDER, GPT_4_OFFERING, GPT_4_LISTING))

        validate_service(GPT_4_PROVIDER, GPT_4_OFFERING, GPT_4_LISTING, seller_secret_names=None)

        assert repr((GPT_4_PROVIDER, GPT_4_OFFERING, GPT_4_LISTING)) == before

    @pytest.mark.parametrize("parts", [
        (PROVIDER, OFFERING, LISTING), (GPT_4_PROVIDER, GPT_4_OFFERING, GPT_4_LISTING)
    ])  # fmt: skip
    def test_twice_changes_nothing_more(self, parts):
        once = validate_service(*parts, seller_secret_names=None)
        twice = validate_service(once.provider, once.offering, once.listing, seller_secret_names=None)

        assert (twice.provider, twice.offering, twice.listing) == (once.provider, once.offering, once.listing)
