"""Whatever a seller sends, the answer is a list of problems."""

from __future__ import annotations

import copy
import json
import random

import pytest

from marketplace.catalog.files.groups import validate_group
from marketplace.catalog.files.promotions import validate_promotion
from marketplace.catalog.files.sellers import validate_seller
from marketplace.catalog.files.service import validate_service
from tests.marketplace.catalog.files.samples import CITY, LISTING, OFFERING, PROVIDER, texts

JUNK = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "{{ params.x }}", "{{", "${ secrets.X }", "${ secrets[", "http://[",
    "\x01",
    "é" * 300, [], {}, [1], {"a": 1}, [{"name": "a"}], [{}], {"": ""}, {"a@b": {}}, [[[]]], {"price_data": {}},
    {"$ref": "#"}, "${API_GATEWAY_BASE_URL}/{{ params.a }}", {"type": "object", "properties": []},
    {"type": "object", "required": [1]}, "__sigv4__", "__forward__", {"$doc_preset": {}}, {"expression": "a.b"},
    "/e/x", "\ud800", "a\x00b",
]  # fmt: skip
RICH = {
    "provider": {
        **PROVIDER,
        "schema": "provider_v1",
        "logo": "logo.png",
        "rate_limits": [{"name": "rpm", "limit": 1, "unit": "requests", "window": "day"}],
        "services_populator": {"command": ["x"], "envs": {"A": "b"}},
    },
    "offering": {
        **OFFERING,
        "tagline": "x",
        "tags": ["byop"],
        "details": {"model": "x", "context_window": 5},
        "payout_price": {"type": "add", "prices": [{"type": "revenue_share", "percentage": "80"}]},
        "exports": {"permissions": {"read": ["GET /"]}, "options": CITY},
        "upstream_access_interfaces": {
            "Groq API": {
                "base_url": "https://x.example/{{ params.city }}",
                "rate_limits": [{"limit": 1, "unit": "tokens", "window": "day"}],
                "params": {"schema": CITY, "testing_defaults": {"city": "x"}},
                "raw": {"api_key": "${ secrets.X }", "headers": {"Authorization": "${ secrets.X }"}},
                "customer_access_requests": [
                    {"object": "service:a1/b1", "justification": "x", "limits": {"count_total": 1}}
                ],
                "servers": [{"api_key": "__strip__"}],
                "request_transformer": {"proxy_rewrite": {"headers": {"set": {"X-Api-Key": "${ secrets.X }"}}}},
            }
        },
    },
    "listing": {
        **LISTING,
        "audience": ["everyone"],
        "user_parameters_schema": CITY,
        "list_price": {"currency": "USD", "price_data": {"type": "channel", "default": "a", "channels": {"a": {}}}},
        "service_options": {
            "enrollment": {"limit": 1},
            "enrollment_vars": {"a": "{{ enrollment_code(3) }}"},
            "subscription_code_name": "z",
            "subscription_limit": 3,
            "routing_vars": {"a": 1},
            "ops_testing_parameters": {"api_key": "${ secrets.X }", "city": "x"},
        },
        "user_access_interfaces": [
            {
                "name": "Web API",
                "base_url": "${GATEWAY_BASE_URL}/p/x",
                "api_key": "${ secrets.X }",
                "rate_limits": [{"limit": 1}],
                "constraints": {"daily_quota": 1},
            }
        ],
    },
}
GROUP = {
    "name": "a",
    "display_name": "b",
    "membership_rules": {"expression": "'a' in tags"},
    "services": [{"name": "x"}],
}
PROMOTION = {"name": "a", "pricing": {"percentage_off": "20"}, "scope": {"customers": {"code": "x"}, "services": ["a"]}}
SELLER = {"name": "acme", "contact_email": "a@b.co", "time_created": "2026-01-01", "documents": {"Paper": {}}}


def _places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))


def _with_junk(whole, dice):
    """Return a copy with junk at one place."""
    whole, path = copy.deepcopy(whole), dice.choice(list(_places(whole)))
    junk = copy.deepcopy(dice.choice(JUNK))
    if not path:
        return junk
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = junk
    return whole


class TestJunk:
    @pytest.mark.parametrize("seed", range(8))
    def test_anywhere_in_a_service_is_told_and_never_breaks_the_check(self, seed):
        dice = random.Random(seed)
        for _ in range(60):
            parts = _with_junk(_with_junk(RICH, dice) if dice.random() < 0.5 else RICH, dice)
            if not isinstance(parts, dict) or set(parts) != set(RICH):
                continue
            before = copy.deepcopy(parts)

            checked = validate_service(
                parts["provider"],
                parts["offering"],
                parts["listing"],
                seller_secret_names=frozenset(),
                for_submit=dice.random() < 0.5,
                require_test_secrets=True,
                blobs={},
            )

            assert parts == before
            assert checked.problems
            json.dumps([problem.as_detail() for problem in checked.problems + checked.warnings])

    @pytest.mark.parametrize(("validate", "whole"), [
        (validate_group, GROUP), (validate_promotion, PROMOTION), (validate_seller, SELLER)
    ])  # fmt: skip
    def test_anywhere_in_a_single_file_never_breaks_the_check(self, validate, whole):
        dice = random.Random(7)
        for _ in range(200):
            checked = validate(_with_junk(whole, dice))
            assert all(problem.text for problem in checked.problems + checked.warnings)


def _deep(levels):
    value = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


class TestBounds:
    @pytest.mark.parametrize(("offering", "told"), [
        ([], "offering_data: must be an object (got a list)"),
        ("x", "offering_data: must be an object (got 'x')"),
        ({"details": _deep(3000)}, "offering_data.details.a.a: nested deeper than 40 levels"),
        ({"details": {str(n): n for n in range(60_000)}}, "offering_data: more than 50000 values or 8 MiB of text"),
        ({"description": "x" * 9_000_000}, "offering_data: more than 50000 values or 8 MiB of text"),
        ({"description": "a\x00b"}, "offering_data.description: holds a NUL character. Remove it"),
        ({"description": "\ud800"},
         "offering_data.description: holds half of a surrogate pair. Write the whole character"),
        ({"details": {"x": float("nan")}}, "offering_data.details.x: NaN and Infinity are no values"),
        ({"details": {"x": {1, 2}}}, "offering_data.details.x: not a JSON value (got set)"),
        ({"details": {5: "x"}}, "offering_data.details: every key must be text (got 5)"),
    ])  # fmt: skip
    def test_of_what_is_looked_at(self, offering, told):
        checked = validate_service(PROVIDER, offering, LISTING, seller_secret_names=None)

        assert texts(checked.problems) == [told]
        assert checked.service_name == ""

    def test_of_a_template_bomb(self):
        channel = {"base_url": "https://a.example", "set_body": "{{ 'a'.ljust(10**9) }}", "x": "{{ range(99999) }}"}

        checked = validate_service(
            PROVIDER, {**OFFERING, "upstream_access_config": {"c": channel}}, LISTING, seller_secret_names=None
        )

        assert [problem.type for problem in checked.problems] == ["template", "template"]
