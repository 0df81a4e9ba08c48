"""What is refused at upload, in which words, for which side."""

from __future__ import annotations

import json

import pytest

from domain import pricing

ONE = {"type": "constant", "price": "1"}
SHARE = {"type": "revenue_share", "percentage": "70"}
EXPR = {"type": "expr", "expr": "count"}


def texts(price, side="list", prefix=None):
    return [problem.text(prefix or f"{side}_price") for problem in pricing.validate(price, side=side)]


def errors(price, side="list"):
    return [problem for problem in pricing.validate(price, side=side) if problem.is_error]


def nested(depth):
    price = ONE
    for _ in range(depth - 1):
        price = {"type": "add", "prices": [price]}
    return price


class TestErrorTexts:
    """The quality bar: path, offending value, fix."""

    @pytest.mark.parametrize(
        ("side", "price", "text"),
        [
            (
                "list",
                {"type": "one_million_tokens", "input": "3"},
                "list_price: Both 'input' and 'output' must be specified for separate pricing",
            ),
            (
                "list",
                {"type": "one_token", "output": "3", "price": "1"},
                "list_price: Both 'input' and 'output' must be specified for separate pricing",
            ),
            (
                "list",
                {"type": "one_million_tokens"},
                "list_price: give either 'price' (one rate) or 'input' and 'output'",
            ),
            (
                "list",
                {"type": "one_million_tokens", "price": ""},
                "list_price: give either 'price' (one rate) or 'input' and 'output'",
            ),
            (
                "payout",
                {"type": "graduated", "based_on": "count", "tiers": [{"up_to": None, "rate": "1"}]},
                "payout_price.tiers[0]: unknown field 'rate' (did you mean 'unit_price'?)",
            ),
            (
                "payout",
                {"type": "revenue_share", "percentage": "101"},
                "payout_price.percentage: must be between 0 and 100, got '101'",
            ),
            (
                "payout",
                {"type": "revenue_share", "percentage": "-1"},
                "payout_price.percentage: must be between 0 and 100, got '-1'",
            ),
            (
                "list",
                {"type": "add", "prices": [SHARE]},
                "list_price.prices[0]: 'revenue_share' is only allowed in payout_price",
            ),
            (
                "list",
                {"type": "multiply", "factor": "1", "base": EXPR},
                "list_price.base: 'expr' is only allowed in payout_price",
            ),
            (
                "list",
                {"type": "channel", "default": "managd", "channels": {"managed": ONE, "byok": ONE}},
                "list_price.default: 'managd' is not one of the channels byok, managed",
            ),
            (
                "payout",
                {"type": "graduated", "based_on": "count", "tiers": [{"up_to": 5, "unit_price": "1"}]},
                "payout_price.tiers: the last tier must have up_to null",
            ),
            (
                "list",
                {"type": "image", "price": "NaN"},
                "list_price.price: 'NaN' is not a decimal number; write digits and a point, like \"0.50\"",
            ),
            ("list", {"type": "image"}, "list_price: 'price' is required: a decimal in quotes, like \"0.50\""),
            (
                "list",
                {"type": "image", "price": "1", "descripton": "x"},
                "list_price: unknown field 'descripton' (did you mean 'description'?)",
            ),
            (
                "list",
                {"type": "step", "price": "-1"},
                "list_price.price: must not be negative in a list price, got '-1'",
            ),
            (
                "list",
                {"type": "multiply", "factor": "-1", "base": ONE},
                "list_price.factor: must not be negative in a list price, got '-1'",
            ),
            (
                "list",
                {"type": "one_byte", "price": "1", "based_on": "bytes"},
                "list_price.based_on: must be one of bytes_out, bytes_in, bytes_total, got 'bytes'",
            ),
            ("list", {"type": "multiply", "factor": "1"}, "list_price: 'base' is required: a price object"),
            ("list", {"type": "add", "prices": []}, "list_price: 'prices' is required: a list with at least one entry"),
            (
                "list",
                {"type": "max", "prices": [5]},
                "list_price.prices[0]: must be an object with a 'type', got the number '5'",
            ),
            ("list", [ONE], "list_price: must be an object with a 'type', got a list"),
            ("list", None, "list_price: must be an object with a 'type', got null"),
            (
                "list",
                {"type": "tiered", "based_on": "request_count", "tiers": [{"up_to": None, "price": ONE}]},
                "list_price.based_on: 'request_count' is only known in payout_price",
            ),
            (
                "list",
                {"type": "graduated", "based_on": "customer_charge * 2", "tiers": [{"up_to": None, "unit_price": "1"}]},
                "list_price.based_on: 'customer_charge' is only known in payout_price",
            ),
        ],
    )
    def test_are_these(self, side, price, text):
        assert texts(price, side) == [text]

    @pytest.mark.parametrize("kind", ["per_unicorn", 5, ["constant"], "Constant"])
    def test_an_unknown_type_lists_every_valid_one(self, kind):
        (text,) = texts({"type": "add", "prices": [ONE, {"type": kind, "price": "1"}]})

        assert text.startswith(
            f"list_price.prices[1]: Invalid pricing type '{kind}'. Valid types: 'one_million_tokens', "
        )
        assert all(f"'{name}'" in text for name in pricing.TYPES)

    def test_a_missing_type_is_named(self):
        (text,) = texts({"price": "1"})

        assert text.startswith("list_price: 'type' is required. Valid types: ")

    def test_hostile_values_are_shortened_and_printable(self):
        price = {"type": "x" * 10_000 + "\x1b[31m", "price": "1"}

        (text,) = texts(price)

        assert len(text) < 700
        assert text.isprintable()

    def test_a_flood_of_unknown_fields_is_one_problem(self):
        assert texts({**ONE, **{f"x{i}": 1 for i in range(100_000)}}) == [
            "list_price: has 100000 unknown fields, such as 'x0'"
        ]


class TestTypes:
    def test_are_the_thirty_of_the_specification(self):
        assert set(pricing.TYPES) == {
            *("one_million_tokens", "one_thousand_tokens", "one_token"),
            *("one_second", "one_minute", "one_hour", "one_day", "one_month"),
            *("one_byte", "one_kilobyte", "one_megabyte", "one_gigabyte", "one_thousand", "one_million"),
            *("one_character", "one_thousand_characters", "one_million_characters", "image", "step", "constant"),
            *("revenue_share", "expr", "add", "multiply", "max", "min", "first", "tiered", "graduated", "channel"),
        }


class TestWholeTree:
    def test_all_problems_come_at_once_in_reading_order(self):
        price = {
            "type": "add",
            "colour": "red",
            "prices": [
                {"type": "one_million_tokens", "input": "x"},
                {"type": "tiered", "based_on": "nope", "tiers": [{"up_to": 5, "price": {"type": "image"}}]},
                {"type": "channel", "default": "a", "channels": {"a": SHARE}},
            ],
        }

        found = texts(price)

        assert found == texts(json.loads(json.dumps(price)))
        assert [text.split(": ")[0] for text in found] == [
            "list_price.prices[0].input",
            "list_price.prices[0]",
            "list_price.prices[1].based_on",
            "list_price.prices[1].tiers[0].price",
            "list_price.prices[1].tiers",
            "list_price.prices[2].channels.a",
            "list_price",
        ]

    @pytest.mark.parametrize("parent", ["max", "min", "first"])
    def test_lenient_parents_do_not_hide_broken_children(self, parent):
        price = {"type": parent, "prices": [ONE, {"type": "image", "price": "x"}]}

        assert [problem.path for problem in errors(price)] == ["prices[1].price"]

    def test_depth_10_is_the_deepest(self):
        assert texts(nested(10)) == []
        (text,) = texts(nested(11))
        assert text == "list_price" + ".prices[0]" * 10 + ": prices are nested at most 10 deep"

    def test_a_bottomless_price_is_refused(self):
        assert len(errors(nested(500))) == 1

    @pytest.mark.parametrize("name", ["prices", "tiers", "channels"])
    def test_breadth_50_is_the_widest(self, name):
        def wide(n):
            if name == "prices":
                return {"type": "add", "prices": [ONE] * n}
            if name == "tiers":
                tiers = [{"up_to": i, "unit_price": "1"} for i in range(n - 1)]
                return {"type": "graduated", "based_on": "count", "tiers": [*tiers, {"up_to": None, "unit_price": "1"}]}
            return {"type": "channel", "default": "c0", "channels": {f"c{i}": ONE for i in range(n)}}

        assert texts(wide(50)) == []
        assert texts(wide(51)) == [f"list_price.{name}: has 51 entries, at most 50 are allowed"]

    def test_500_parts_are_the_most(self):
        price = {"type": "add", "prices": [{"type": "add", "prices": [ONE] * 40} for _ in range(20)]}

        (text,) = texts(price)

        assert text.endswith("a price has at most 500 parts in all; simplify it")


class TestTiers:
    @pytest.mark.parametrize(
        ("limits", "text"),
        [
            ([10], "tiers: the last tier must have up_to null"),
            ([None, 10], "tiers: the last tier must have up_to null"),
            ([None, None], "tiers: only the last tier may have up_to null"),
            ([20, 10, None], "tiers: up_to must rise from tier to tier, got 20, 10"),
            ([10, 10, None], "tiers: up_to must rise from tier to tier, got 10, 10"),
            ([-5, None], "tiers[0].up_to: must be a whole number between 0 and 10^18, or null, got '-5'"),
            ([1.5, None], "tiers[0].up_to: must be a whole number between 0 and 10^18, or null, got '1.5'"),
            ([True, None], "tiers[0].up_to: must be a whole number between 0 and 10^18, or null, got 'True'"),
            ([10**30, None], f"tiers[0].up_to: must be a whole number between 0 and 10^18, or null, got '{10**30}'"),
        ],
    )
    @pytest.mark.parametrize("kind", ["tiered", "graduated"])
    def test_must_ascend_to_an_open_end(self, kind, limits, text):
        rest = {"price": ONE} if kind == "tiered" else {"unit_price": "1"}
        price = {"type": kind, "based_on": "count", "tiers": [{"up_to": limit, **rest} for limit in limits]}

        assert f"list_price.{text}" in texts(price)

    def test_up_to_must_be_written(self):
        price = {"type": "graduated", "based_on": "count", "tiers": [{"unit_price": "1"}]}

        assert texts(price) == ["list_price.tiers[0]: 'up_to' is required: a whole number, or null in the last tier"]

    def test_tiers_have_no_type(self):
        price = {"type": "graduated", "based_on": "count", "tiers": [{"type": "x", "up_to": None, "unit_price": "1"}]}

        assert texts(price) == ["list_price.tiers[0]: unknown field 'type'"]


class TestNumbers:
    @pytest.mark.parametrize(
        "number", ["NaN", "Infinity", "1e5", "1_000", "٣", " 1", "1 ", "", "1" * 13, "0." + "1" * 19, "0x1", "abc"]
    )
    @pytest.mark.parametrize(
        ("path", "price"),
        [
            ("price", lambda n: {"type": "image", "price": n}),
            ("input", lambda n: {"type": "one_token", "input": n or " ", "output": "1"}),
            ("factor", lambda n: {"type": "multiply", "factor": n, "base": ONE}),
            ("percentage", lambda n: {"type": "revenue_share", "percentage": n}),
            (
                "tiers[0].unit_price",
                lambda n: {"type": "graduated", "based_on": "count", "tiers": [{"up_to": None, "unit_price": n}]},
            ),
        ],
    )
    def test_hostile_ones_are_refused_everywhere(self, number, path, price):
        assert path in [problem.path for problem in errors(price(number), "payout")]

    @pytest.mark.parametrize("value", [True, [], {}, None, float("nan"), float("inf")])
    def test_other_values_are_refused(self, value):
        assert errors({"type": "image", "price": value})

    @pytest.mark.parametrize(("value", "text"), [(0.5, "0.5"), (2, "2"), (1e-7, "0.0000001")])
    def test_json_numbers_are_taken_with_a_warning(self, value, text):
        (problem,) = pricing.validate({"type": "image", "price": value}, side="list")

        assert (problem.severity, problem.path) == ("warning", "price")
        assert f'"{text}"' in problem.message


class TestSides:
    @pytest.mark.parametrize("kind", pricing.TYPES)
    def test_payouts_may_use_every_type(self, kind):
        assert errors(example(kind), "payout") == []

    @pytest.mark.parametrize("kind", pricing.TYPES)
    def test_list_prices_and_promotions_may_use_all_but_shares_and_expressions(self, kind):
        for side in ("list", "promotion"):
            assert bool(errors(example(kind), side)) == (kind in ("revenue_share", "expr"))

    def test_payouts_and_promotions_may_be_negative(self):
        for side in ("payout", "promotion"):
            assert errors({"type": "one_million_tokens", "input": "-1.00", "output": "-5.00"}, side) == []

    def test_a_promotion_may_be_a_factor_alone(self):
        price = {"type": "multiply", "factor": "0.80"}

        assert pricing.validate(price, side="promotion") == []
        assert [problem.path for problem in errors(price, "payout")] == [""]
        assert errors({"type": "add", "prices": [price]}, "promotion")

    @pytest.mark.parametrize(("factor", "severity"), [("-0.1", "error"), ("1.2", "warning"), ("1", None), ("0", None)])
    def test_a_factor_alone_must_reduce(self, factor, severity):
        problems = pricing.validate({"type": "multiply", "factor": factor}, side="promotion")

        assert [problem.severity for problem in problems] == ([severity] if severity else [])

    def test_cached_rates_beside_a_unified_price_earn_a_warning(self):
        (problem,) = pricing.validate({"type": "one_token", "price": "1", "cached_input": "0.5"}, side="list")

        assert problem.severity == "warning"


def example(kind):
    by_kind = {
        "revenue_share": SHARE,
        "expr": EXPR,
        "multiply": {"type": kind, "factor": "0.5", "base": ONE},
        "tiered": {"type": kind, "based_on": "count", "tiers": [{"up_to": None, "price": ONE}]},
        "graduated": {"type": kind, "based_on": "count", "tiers": [{"up_to": None, "unit_price": "1"}]},
        "channel": {"type": kind, "default": "a", "channels": {"a": ONE}},
        **{name: {"type": kind, "prices": [ONE]} for name in ("add", "max", "min", "first")},
    }
    return {"price": "1", "description": "d", "reference": "https://example.com", **by_kind.get(kind, {"type": kind})}


class TestTexts:
    @pytest.mark.parametrize("name", ["description", "reference"])
    def test_must_be_text_without_nul(self, name):
        assert texts({**ONE, name: 5}) == [f"list_price.{name}: must be text, got the number '5'"]
        assert texts({**ONE, name: "a\0b"}) == [f"list_price.{name}: must not contain NUL characters"]
        assert texts({**ONE, name: None}) == []

    @pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\0"])
    def test_channel_names_are_short_and_printable(self, name):
        price = {"type": "channel", "default": "a", "channels": {"a": ONE, name: ONE}}

        assert len(errors(price)) == 1
