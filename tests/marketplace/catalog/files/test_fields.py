"""Every field with a limit or a closed list: the last value that passes and the first that does not."""

from __future__ import annotations

import pytest

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.groups import validate_group
from marketplace.catalog.files.promotions import validate_promotion
from marketplace.catalog.files.sellers import validate_seller
from tests.marketplace.catalog.files.samples import CHANNEL, INTERFACE, changed, check, texts

DOCUMENT = {"category": "tutorial", "mime_type": "markdown", "file_content": "# Hello"}
LIMIT = {"limit": 60, "unit": "requests", "window": "minute"}
ACCOUNT_LIMIT = {"name": "rpm", **LIMIT}
REQUEST = {"object": "service:acme/log", "justification": "Writes down what you ask"}

#: part, path, a value that passes, a value that does not, the word for it
LIMITS = [
    ("provider", "name", "x" * 100, "x" * 101, "name"),
    ("provider", "name", "ab", "a", "name"),
    ("provider", "name", "a.b-c_9", "-ab", "name"),
    ("provider", "name", "Ab9", "ab-", "name"),
    ("provider", "display_name", "x" * 200, "x" * 201, "string_too_long"),
    ("provider", "secondary_contact_email", "a@b.co", "a@b", "email"),
    ("provider", "homepage", "http://acme.example:8080/x?y#z", "ftp://acme.example", "url"),
    ("provider", "homepage", "https://acme.example/" + "x" * 979, "https://acme.example/" + "x" * 980, "url"),
    ("provider", "description", "", 7, "type_error"),
    ("provider", "status", "deprecated", "active", "enum"),
    ("provider", "time_created", "2026-01-31", "31.01.2026", "date_time"),
    ("provider", "services_populator", {"requirements": ["httpx"]}, {"requirements": "httpx"}, "type_error"),
    ("provider", "services_populator", {"envs": {"A": 1}}, {"envs": []}, "type_error"),
    ("provider", "rate_limits", [ACCOUNT_LIMIT], [ACCOUNT_LIMIT, ACCOUNT_LIMIT], "duplicate"),
    ("provider", "rate_limits", [ACCOUNT_LIMIT], [{**ACCOUNT_LIMIT, "limit": 0}], "out_of_range"),
    ("provider", "rate_limits", [ACCOUNT_LIMIT], [{**ACCOUNT_LIMIT, "unit": "calls"}], "enum"),
    ("provider", "rate_limits", [ACCOUNT_LIMIT], [{**ACCOUNT_LIMIT, "window": "week"}], "enum"),
    ("provider", "rate_limits", [ACCOUNT_LIMIT], [{**ACCOUNT_LIMIT, "window": None}], "missing"),
    ("provider", "rate_limits", [{"name": "c", "limit": 2, "unit": "concurrent"}],
     [{"name": "c", "limit": 2, "unit": "concurrent", "window": "minute"}], "value_error"),
    ("provider", "rate_limits", [{**ACCOUNT_LIMIT, "description": "x" * 255}],
     [{**ACCOUNT_LIMIT, "description": "x" * 256}], "string_too_long"),
    ("provider", "rate_limits", [ACCOUNT_LIMIT], [{**ACCOUNT_LIMIT, "burst_limit": 5}], "unknown_field"),
    ("offering", "name", "x" * 100, "x" * 101, "string_too_long"),
    ("offering", "name", "Qwen/Qwen2.5-Coder", "Qwen//x2", "name"),
    ("offering", "name", "gpt-4@b", "gpt-4@b@c", "name"),
    ("offering", "name", "gpt-4@b/c", "gpt-4@", "name"),
    ("offering", "display_name", "x" * 200, "x" * 201, "string_too_long"),
    ("offering", "status", "ready", "live", "enum"),
    ("offering", "service_type", "x" * 64, "x" * 65, "string_too_long"),
    ("offering", "currency", "CREDITS", "XXX", "enum"),
    ("offering", "capabilities", ["anything"], "anything", "type_error"),
    ("offering", "tags", ["byok"], [1], "type_error"),
    ("offering", "details", {"model": "glm-5.2:free"}, {"model": "zai/glm-5.2"}, "name"),
    ("offering", "exports", {"permissions": {"read": ["GET /x/*"]}}, {"permissions": {}}, "type_error"),
    ("offering", "exports", {"permissions": {"read": ["* /"]}}, {"permissions": {"read": ["FETCH /x"]}}, "value_error"),
    ("offering", "exports", {"options": {"type": "object", "properties": {"n": {"type": "integer"}}}},
     {"options": {"type": "object", "properties": {"n": {"type": "object"}}}}, "json_schema"),
    ("offering", "exports", {"options": {"type": "object", "properties": {}, "additionalProperties": False}},
     {"options": {"type": "object", "properties": {}, "required": []}}, "unknown_field"),
    ("offering", f"{CHANNEL}.access_method", "websocket", "carrier_pigeon", "enum"),
    ("offering", f"{CHANNEL}.is_active", False, "no", "type_error"),
    ("offering", f"{CHANNEL}.sort_order", -1, 1.5, "type_error"),
    ("offering", f"{CHANNEL}.base_url", "resp://204", "api.acme.example", "url"),
    ("offering", f"{CHANNEL}.base_url", "notify://ops", "gopher://x", "url"),
    ("offering", f"{CHANNEL}.base_url", "https://a.example", "https://u:p@a.example", "literal_credential"),
    ("offering", f"{CHANNEL}.base_url", "https://a.example/{{ service_name }}", "", "missing"),
    ("offering", f"{CHANNEL}.api_key", "", "a-literal-key", "literal_credential"),
    ("offering", f"{CHANNEL}.api_key", "__strip__", "__stripp__", "literal_credential"),
    ("offering", f"{CHANNEL}.headers", {"X-Version": "2"}, {"Authorization": "Bearer abc"}, "literal_credential"),
    ("offering", f"{CHANNEL}.password", "${ secrets.ACME_KEY }", "hunter2", "literal_credential"),
    ("offering", f"{CHANNEL}.raw", {"api_key": "${ secrets.ACME_KEY }"}, {"api_key": "hunter2"}, "literal_credential"),
    ("offering", f"{CHANNEL}.servers", [{"api_key": "__strip__"}], [{"api_key": "hunter2"}], "literal_credential"),
    ("offering", f"{CHANNEL}.request_transformer",
     {"proxy_rewrite": {"headers": {"set": {"X-Api-Key": "${ secrets.ACME_KEY }"}}}},
     {"proxy_rewrite": {"headers": {"set": {"X-Api-Key": "hunter2"}}}}, "literal_credential"),
    ("offering", f"{CHANNEL}.channel_rate_limit", LIMIT, {**LIMIT, "window": None}, "missing"),
    ("offering", f"{CHANNEL}.customer_rate_limit", [{**LIMIT, "burst_limit": 5}],
     [{**LIMIT, "limit": "5"}], "type_error"),
    ("offering", f"{CHANNEL}.constraints", {"daily_quota": 5}, {"daily_quota": "5"}, "type_error"),
    ("offering", f"{CHANNEL}.constraints", {"overage_policy": "queue"}, {"overage_policy": "ask"}, "enum"),
    ("offering", f"{CHANNEL}.constraints", {"quota_reset_cycle": "daily"}, {"quota_reset_cycle": "hourly"}, "enum"),
    ("offering", f"{CHANNEL}.constraints", {"auth_methods": ["jwt"]}, {"auth_methods": ["magic"]}, "enum"),
    ("offering", f"{CHANNEL}.constraints", {"content_filters": ["pii"]}, {"content_filters": ["spam"]}, "enum"),
    ("offering", f"{CHANNEL}.constraints", {"uptime_sla_percent": 99.9}, {"uptime": 99.9}, "unknown_field"),
    ("offering", f"{CHANNEL}.customer_access_requests", [REQUEST], [{**REQUEST, "object": "acme/log"}], "value_error"),
    ("offering", f"{CHANNEL}.customer_access_requests", [REQUEST], [REQUEST, REQUEST], "duplicate"),
    ("offering", f"{CHANNEL}.customer_access_requests", [REQUEST], [{"object": "service:acme/log"}], "missing"),
    ("offering", f"{CHANNEL}.customer_access_requests", [{**REQUEST, "limits": {"count_per_day": 2}}],
     [{**REQUEST, "limits": {"count_per_week": 2}}], "value_error"),
    ("offering", f"{CHANNEL}.customer_access_requests", [{**REQUEST, "limits": {"amount_total": "2.50"}}],
     [{**REQUEST, "limits": {"amount_total": "NaN"}}], "out_of_range"),
    ("offering", f"{CHANNEL}.customer_access_requests", [{**REQUEST, "options": "log_level=warn&n=2"}],
     [{**REQUEST, "options": "log_level=warn&log_level=info"}], "value_error"),
    ("offering", f"{CHANNEL}.params", {"schema": {"type": "object"}, "ui_schema": {}}, {"ui_schema": {}}, "missing"),
    ("offering", f"{CHANNEL}.params", {"schema": {"type": "object"}}, {"schema": {"type": "object"}, "x": 1},
     "unknown_field"),
    ("listing", "name", "acme/" + "x" * 250, "acme/" + "x" * 251, "string_too_long"),
    ("listing", "display_name", "x" * 200, "x" * 201, "string_too_long"),
    ("listing", "currency", "TAO", "usd", "enum"),
    ("listing", "audience", ["x" * 120], ["x" * 121], "string_length"),
    ("listing", "audience", [f"phrase {n}" for n in range(8)], [f"phrase {n}" for n in range(9)], "too_long"),
    ("listing", "audience", ["US customers only"], ["See https://acme.example"], "markup"),
    ("listing", "audience", ["a", "b"], ["a", "a"], "duplicate"),
    ("listing", f"{INTERFACE}.base_url", "${API_GATEWAY_BASE_URL}/" + "x" * 470, "${API_GATEWAY_BASE_URL}/" + "x" * 480,
     "string_too_long"),
    ("listing", f"{INTERFACE}.base_url", "${API_GATEWAY_BASE_URL}", "${API_GATEWAY_BASE_URL}x", "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${API_GATEWAY_BASE_URL}/p/acme", "${API_GATEWAY_BASE_URL}/e/acme", "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${API_GATEWAY_BASE_URL}/a/latest", "${API_GATEWAY_BASE_URL}/m/latest",
     "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${API_GATEWAY_BASE_URL}/acme/", "${API_GATEWAY_BASE_URL}/acme/../x",
     "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${API_GATEWAY_BASE_URL}/acme/v1", "${API_GATEWAY_BASE_URL}/acme?x=1",
     "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${S3_GATEWAY_BASE_URL}/my-bucket", "${S3_GATEWAY_BASE_URL}/xn--bucket",
     "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${S3_GATEWAY_BASE_URL}/abc", "${S3_GATEWAY_BASE_URL}/ab", "gateway"),
    ("listing", f"{INTERFACE}.base_url", "${SSH_GATEWAY_BASE_URL}", "ssh://gateway", "gateway"),
    ("listing", f"{INTERFACE}.description", "x" * 500, "x" * 501, "string_too_long"),
    ("listing", "user_access_interfaces", {"x" * 255: {"base_url": "${API_GATEWAY_BASE_URL}/acme"}},
     {"x" * 256: {"base_url": "${API_GATEWAY_BASE_URL}/acme"}}, "name"),
    ("listing", f"{INTERFACE}.access_method", "grpc", "telnet", "enum"),
    ("listing", f"{INTERFACE}.routing_key", {"model": "x"}, "x", "type_error"),
    ("listing", f"{INTERFACE}.routing_key", {"model": "x" * 787}, {"model": "x" * 788}, "too_long"),
    ("listing", f"{INTERFACE}.sort_order", -(2**31) + 1, 2**31, "out_of_range"),
    ("listing", f"{INTERFACE}.is_primary", True, 1, "type_error"),
    ("listing", "documents", {"x" * 5: DOCUMENT}, {"x" * 4: DOCUMENT}, "string_length"),
    ("listing", "documents", {"x" * 255: DOCUMENT}, {"x" * 256: DOCUMENT}, "string_length"),
    ("listing", "documents.Guide 1", DOCUMENT, {**DOCUMENT, "mime_type": "docx"}, "enum"),
    ("listing", "documents.Guide 1", DOCUMENT, {**DOCUMENT, "category": "advert"}, "enum"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "description": "x" * 500}, {**DOCUMENT, "description": "x" * 501},
     "string_too_long"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "version": "x" * 50}, {**DOCUMENT, "version": "x" * 51},
     "string_too_long"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "sort_order": 2**31 - 1}, {**DOCUMENT, "sort_order": 2**31},
     "out_of_range"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "file_path": "../docs/x.md"},
     {**DOCUMENT, "file_path": "/etc/passwd"}, "file_path"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "file_path": "x" * 1000}, {**DOCUMENT, "file_path": "x" * 1001},
     "string_too_long"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "external_url": "https://a.example/x"},
     {**DOCUMENT, "external_url": "javascript:alert(1)"}, "url"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "meta": {"channels": ["default"]}},
     {**DOCUMENT, "meta": {"channels": "default"}}, "type_error"),
    ("listing", "documents.Guide 1", {**DOCUMENT, "meta": {"timeout": 30}}, {**DOCUMENT, "meta": {"timeout": -1}},
     "out_of_range"),
    ("listing", "service_options", {"default_visibility": "unlisted"}, {"default_visibility": "hidden"}, "enum"),
    ("listing", "service_options", {"enrollment": {"limit": 1}}, {"enrollment": {"limit": 0}}, "out_of_range"),
    ("listing", "service_options", {"enrollment": {"limit_per_user": 1}}, {"enrollment": {"limit_per_user": True}},
     "type_error"),
    ("listing", "service_options", {"enrollment": {"limit_per_customer": 1}},
     {"enrollment": {"limit_per_customer": "1"}}, "type_error"),
    ("listing", "service_options", {"enrollment": {"scope": "global"}}, {"enrollment": {"scope": "world"}}, "enum"),
    ("listing", "service_options", {"enrollment": {"required": True}}, {"enrollment": {"requires": True}},
     "unknown_field"),
    ("listing", "service_options", {"prompt_recurrence": True}, {"prompt_recurrence": "yes"}, "type_error"),
    ("listing", "service_options", {"recurrence_min_interval_seconds": 1}, {"recurrence_min_interval_seconds": 0},
     "out_of_range"),
    ("listing", "service_options", {"recurrence_min_interval_seconds": 5, "recurrence_max_interval_seconds": 5},
     {"recurrence_min_interval_seconds": 6, "recurrence_max_interval_seconds": 5}, "out_of_range"),
    ("listing", "service_options", {"routing_vars": {"host": "a"}}, {"routing_vars": {"host": ["a"]}}, "type_error"),
]  # fmt: skip


class TestLimit:
    @pytest.mark.parametrize(("part", "path", "good", "bad", "type_"), LIMITS)
    def test_is_where_it_is_said_to_be(self, part, path, good, bad, type_):
        bare = {} if part == "listing" else {"listing": {"name": "echo"}}

        assert texts(check(**{part: {path: good}}, **bare).problems) == []
        assert type_ in [problem.type for problem in check(**{part: {path: bad}}, **bare).problems]


class TestClosedList:
    @pytest.mark.parametrize(("words", "part", "path"), [
        (vocabulary.STATUSES, "provider", "status"),
        (vocabulary.STATUSES, "offering", "status"),
        (vocabulary.STATUSES, "listing", "status"),
        (vocabulary.CURRENCIES, "offering", "currency"),
        (vocabulary.CURRENCIES, "listing", "currency"),
        (vocabulary.VISIBILITIES, "listing", "service_options.default_visibility"),
        (vocabulary.CATEGORIES, "listing", "documents.Guide 1.category"),
        (vocabulary.MIME_TYPES, "listing", "documents.Guide 1.mime_type"),
    ])  # fmt: skip
    def test_takes_every_word(self, words, part, path):
        document = {"documents.Guide 1": DOCUMENT | {"file_content": "{}"}} if path.startswith("documents") else {}

        for word in words:
            assert texts(check(**{part: {**document, path: word}}).problems) == []

    @pytest.mark.parametrize("unit", vocabulary.RATE_LIMIT_UNITS)
    @pytest.mark.parametrize("window", vocabulary.RATE_LIMIT_WINDOWS)
    def test_of_rate_limits_takes_every_word(self, unit, window):
        limit = {"limit": 1, "unit": unit, "window": window}

        assert check(offering={f"{CHANNEL}.channel_rate_limit": limit}).is_valid


SELLER = {"name": "acme-corp", "contact_email": "a@acme.example", "time_created": "2026-01-10T12:00:00Z"}
GROUP = {"name": "my-group", "display_name": "My group"}
PROMOTION = {"name": "Summer", "pricing": {"type": "multiply", "factor": "0.8"}}

SINGLE_FILES = [
    (validate_seller, SELLER, "name", "x" * 100, "x" * 101),
    (validate_seller, SELLER, "display_name", "x" * 200, "x" * 201),
    (validate_seller, SELLER, "seller_type", "partnership", "cooperative"),
    (validate_seller, SELLER, "description", "x" * 1000, "x" * 1001),
    (validate_seller, SELLER, "homepage", "https://acme.example", "acme"),
    (validate_seller, SELLER, "secondary_contact_email", "b@acme.example", "b"),
    (validate_seller, SELLER, "account_manager", "x" * 100, "x" * 101),
    (validate_seller, SELLER, "business_registration", "x" * 100, "x" * 101),
    (validate_seller, SELLER, "tax_id", "x" * 100, "x" * 101),
    (validate_seller, SELLER, "stripe_connect_id", "x" * 255, "x" * 256),
    (validate_seller, SELLER, "status", "deprecated", "live"),
    (validate_seller, SELLER, "is_verified", False, "no"),
    (validate_seller, SELLER, "schema", "seller_v1", "provider_v1"),
    (validate_group, GROUP, "name", "x" * 100, "x" * 101),
    (validate_group, GROUP, "name", "9-a_b", "_ab"),
    (validate_group, GROUP, "display_name", "x" * 200, "x" * 201),
    (validate_group, GROUP, "description", "x" * 2000, "x" * 2001),
    (validate_group, GROUP, "status", "archived", "ready"),
    (validate_group, GROUP, "parent_group_name", "parent", "Parent"),
    (validate_group, GROUP, "parent_group_name", "parent", "my-group"),
    (validate_group, GROUP, "sort_order", -3, "first"),
    (validate_group, GROUP, "sort_order", 2**31 - 1, 2**31),
    (validate_group, GROUP, "membership_rules", {"expression": "'input' in tags"}, {"expression": ""}),
    (validate_group, GROUP, "membership_rules", {"expression": "is_featured"}, {"expression": "is_featured", "x": 1}),
    (validate_group, GROUP, "services", [{"name": "acme/echo", "routing_key": {"model": "x"}}], ["acme/echo"]),
    (validate_group, GROUP, "routing_policy", {"strategy": "by_price"}, "by_price"),
    (validate_promotion, PROMOTION, "name", "x" * 100, "x" * 101),
    (validate_promotion, PROMOTION, "description", "x" * 500, "x" * 501),
    (validate_promotion, PROMOTION, "pricing", {"type": "constant", "price": "-5.00"}, {"type": "nothing"}),
    (validate_promotion, PROMOTION, "scope", {"customers": "*"}, {"customers": "all"}),
    (validate_promotion, PROMOTION, "scope", {"customers": ["c1"]}, {"customers": [1]}),
    (validate_promotion, PROMOTION, "scope", {"customers": {"code": "x" * 50}}, {"customers": {"code": "x" * 51}}),
    (validate_promotion, PROMOTION, "scope", {"customers": {"code": "{{ promotion_code(4) }}"}},
     {"customers": {"code": "{{ promotion_code(99) }}"}}),
    (validate_promotion, PROMOTION, "scope", {"customers": {"code": "{{promotion_code(8)}}"}},
     {"customers": {"code": "{{ 7 * 7 }}"}}),
    (validate_promotion, PROMOTION, "scope", {"customers": {"subscription": "team"}}, {"customers": {"plan": "team"}}),
    (validate_promotion, PROMOTION, "scope", {"customers": {"code": "A", "subscription": None}},
     {"customers": {"code": None, "subscription": None}}),
    (validate_promotion, PROMOTION, "scope", {"services": ["acme/echo"]}, {"services": []}),
    (validate_promotion, PROMOTION, "scope", {"services": "*"}, {"service": "*"}),
    (validate_promotion, PROMOTION, "apply_at", "statement", "month"),
    (validate_promotion, PROMOTION, "priority", -1, "high"),
    (validate_promotion, PROMOTION, "priority", -(2**31) + 1, -(2**31)),
    (validate_promotion, PROMOTION, "max_uses", 2**31 - 1, 2**31),
    (validate_promotion, PROMOTION, "status", "paused", "scheduled"),
    (validate_promotion, PROMOTION, "expires_at", "2026-12-31T23:59:59+00:00", "soon"),
    (validate_promotion, PROMOTION, "expires_at", "9999-12-31T23:59:59+12:00", "9999-12-31T23:59:59-12:00"),
    (validate_promotion, PROMOTION, "expires_at", "0001-01-01T00:00:00-14:00", "0001-01-01T00:00:00+14:00"),
    (validate_promotion, PROMOTION, "max_uses", 1, 0),
]  # fmt: skip


class TestSingleFile:
    @pytest.mark.parametrize(("validate", "whole", "path", "good", "bad"), SINGLE_FILES)
    def test_has_its_limits(self, validate, whole, path, good, bad):
        assert texts(validate(changed(whole, {path: good})).problems) == []
        assert not validate(changed(whole, {path: bad})).is_valid

    @pytest.mark.parametrize(("validate", "whole", "required"), [
        (validate_seller, SELLER, "name"),
        (validate_seller, SELLER, "contact_email"),
        (validate_seller, SELLER, "time_created"),
        (validate_group, GROUP, "name"),
        (validate_group, GROUP, "display_name"),
        (validate_promotion, PROMOTION, "name"),
        (validate_promotion, PROMOTION, "pricing"),
    ])  # fmt: skip
    def test_names_what_it_lacks(self, validate, whole, required):
        without = {key: value for key, value in whole.items() if key != required}

        assert texts(validate(without).problems) == [f"{required}: required"]
