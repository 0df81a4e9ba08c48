"""Groups and promotions: older spellings, and what is only worth a word."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.catalog.files.groups import check_hierarchy, validate_group
from marketplace.catalog.files.promotions import validate_promotion
from tests.marketplace.catalog.files.samples import texts

PROMOTION = {"name": "Summer", "pricing": {"type": "multiply", "factor": "0.80"}}


class TestPromotion:
    def test_says_for_whom_and_how_much(self):
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

    def test_has_its_defaults(self):
        assert validate_promotion({"schema": "promotion_v1", **PROMOTION}).content == {
            **PROMOTION,
            "apply_at": "request",
            "priority": 0,
        }

    @pytest.mark.parametrize("pricing", [
        {"percentage_off": "20"},
        {"percentage_off": 20},
        {"type": "percentage_off", "percentage_off": "20"},
        {"type": "percentage", "percentage": "20"},
    ])  # fmt: skip
    def test_of_a_percentage_becomes_a_factor(self, pricing):
        checked = validate_promotion({**PROMOTION, "pricing": pricing})

        assert texts(checked.problems) == []
        assert checked.content["pricing"]["type"] == "multiply"
        assert Decimal(checked.content["pricing"]["factor"]) == Decimal("0.80")
        assert len(checked.warnings) == 1

    @pytest.mark.parametrize("scope", [None, {"customers": {"code": "SUMMER"}}])
    def test_may_end_and_have_a_quota_with_a_code_and_without(self, scope):
        limits = {"expires_at": "2026-12-31T00:00:00Z", "max_uses": 5}

        checked = validate_promotion({**PROMOTION, **limits, "scope": scope})

        assert (texts(checked.problems), checked.warnings) == ([], ())


class TestGroup:
    def test_has_a_slug_and_a_rule_that_can_be_read(self):
        group = {"name": "my-llms", "display_name": "LLMs", "membership_rules": {"expression": "service_type == 'llm'"}}
        broken = {**group, "name": "My LLMs", "membership_rules": {"expression": "provider == 'openai'"}}

        assert validate_group(group).is_valid
        assert texts(validate_group(broken).problems) == [
            "name: lowercase letters, digits, '-' and '_', a letter or digit first (got 'My LLMs'). Try 'my-llms'",
            "membership_rules.expression: unknown name 'provider' at column 1 (did you mean provider_name?)",
        ]

    def test_with_colons_in_its_name_gets_a_slug(self):
        checked = validate_group({"name": "seller:acme", "display_name": "Acme", "parent_group_name": "a:b"})

        assert checked.is_valid
        assert (checked.content["name"], checked.content["parent_group_name"]) == ("seller-acme", "a-b")
        assert len(checked.warnings) == 2

    def test_has_rules_or_members(self):
        checked = validate_group(
            {
                "name": "mine",
                "display_name": "Mine",
                "membership_rules": {"expression": "is_featured"},
                "services": [{"name": "acme/echo"}],
            }
        )

        assert texts(checked.problems) == ["services: give membership_rules or services, not both"]

    def test_loses_what_only_operators_set(self):
        checked = validate_group(
            {"name": "mine", "display_name": "Mine", "owner_type": "platform", "group_type": "open"}
        )

        assert checked.is_valid
        assert checked.content == {"name": "mine", "display_name": "Mine", "sort_order": 0}
        assert len(checked.warnings) == 2


class TestGroupsTogether:
    def test_are_put_in_order_with_parents_first(self):
        groups = [
            {"name": "leaf", "parent_group_name": "branch"},
            {"name": "branch", "parent_group_name": "root"},
            {"name": "root"},
            {"name": "other", "parent_group_name": "stored"},
        ]

        order, found = check_hierarchy(groups, existing={"stored"})

        assert found.problems == []
        assert order.index("root") < order.index("branch") < order.index("leaf")
        assert "other" in order

    def test_in_a_circle_or_without_their_parent_are_told(self):
        groups = [
            {"name": "one", "parent_group_name": "two"},
            {"name": "two", "parent_group_name": "one"},
            {"name": "leaf", "parent_group_name": "brunch"},
            {"name": "branch"},
        ]

        order, found = check_hierarchy(groups, existing=())

        assert order == ["branch"]
        assert texts(found.problems) == [
            "leaf.parent_group_name: there is no group 'brunch' (did you mean branch?)",
            "one.parent_group_name: its parents form a circle through 'one'",
            "two.parent_group_name: its parents form a circle through 'two'",
        ]
