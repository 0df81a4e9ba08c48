"""What a seller earns in a month: docs/algorithms/payouts.md and disputes.md, computed row by row."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import payouts, pricing
from domain.payouts import Part
from tests.domain.pricing.test_documentation import DOCS, rows


def part(requests=0, paid="0", channel=None, **metrics) -> Part:
    return Part(channel, requests, Decimal(paid), {name: Decimal(value) for name, value in metrics.items()})


def earned(price, *parts) -> Decimal:
    return payouts.earned(pricing.compile(price), parts).cost


def document(cell: str) -> dict:
    return json.loads(cell.strip("`"))


class TestWorkedPayouts:
    def test_are_there(self):
        assert len(rows("payouts.md", "payout price", "requests", "customers paid", "payout")) == 6

    @pytest.mark.parametrize(
        ("price", "requests", "paid", "payout"),
        rows("payouts.md", "payout price", "requests", "customers paid", "payout"),
    )
    def test_are_what_three_customers_together_give(self, price, requests, paid, payout):
        whole = int(requests)
        parts = [part(whole // 2, Decimal(paid) / 2), part(whole * 3 // 10, Decimal(paid) / 4)]
        parts.append(part(whole - whole // 2 - whole * 3 // 10, Decimal(paid) / 4))

        assert earned(document(price), *parts) == Decimal(payout)

    def test_of_a_price_by_channel(self):
        price = {
            "type": "channel",
            "default": "managed",
            "channels": {
                "managed": {"type": "revenue_share", "percentage": "70"},
                "byok": {"type": "expr", "expr": "request_count * 0.001"},
            },
        }
        parts = [part(400, "50", "managed"), part(3000, "9", "byok"), part(100, "1")]

        trace = payouts.earned(pricing.compile(price), parts)

        assert trace.cost == Decimal("38.7")
        assert trace.formula == "managed 35.7 + byok 3"
        [worked] = re.findall(r"35\.7 \+ 3 = \*\*([\d.]+)\*\*", (DOCS / "payouts.md").read_text())
        assert trace.cost == Decimal(worked)


class TestChannels:
    tiers = {
        "type": "tiered",
        "based_on": "request_count",
        "tiers": [
            {"up_to": 1000, "price": {"type": "constant", "price": "10"}},
            {"up_to": None, "price": {"type": "constant", "price": "80"}},
        ],
    }
    by_channel = {"type": "channel", "default": "a", "channels": {"a": tiers, "b": tiers}}

    def test_have_tiers_of_their_own(self):
        assert earned(self.by_channel, part(600, channel="a"), part(600, channel="b")) == 20

    def test_take_what_came_through_unknown_ones_into_the_default(self):
        assert earned(self.by_channel, part(600, channel="a"), part(600, channel="gone"), part(1, channel="b")) == 90

    def test_that_nobody_used_earn_nothing(self):
        assert earned(self.by_channel, part(5, channel="b")) == 10

    @pytest.mark.parametrize(
        ("price", "expected"),
        [
            # 5 once for the month, not once for each channel
            ({"type": "add", "prices": [by_channel, {"type": "constant", "price": "5"}]}, 25),
            ({"type": "multiply", "factor": "0.5", "base": by_channel}, 10),
            ({"type": "max", "prices": [by_channel, {"type": "constant", "price": "50"}]}, 50),
            ({"type": "min", "prices": [by_channel, {"type": "constant", "price": "50"}]}, 20),
            ({"type": "first", "prices": [{"type": "image", "price": "1"}, by_channel]}, 20),
            # the month's 1200 requests choose the tier, the channels' 600 each the inner ones
            ({**tiers, "tiers": [tiers["tiers"][0], {"up_to": None, "price": by_channel}]}, 20),
        ],
        ids=lambda value: value["type"] if isinstance(value, dict) else None,
    )
    def test_are_told_apart_inside_of_other_prices(self, price, expected):
        assert earned(price, part(600, channel="a"), part(600, channel="b")) == expected

    def test_of_which_none_can_be_priced_are_an_error(self):
        price = {"type": "channel", "default": "a", "channels": {"a": {"type": "image", "price": "1"}}}

        with pytest.raises(pricing.PricingError):
            earned({"type": "max", "prices": [price, {"type": "image", "price": "2"}]}, part(3))


class TestSums:
    def test_of_units_of_one_group_count_together(self):
        price = {"type": "one_minute", "price": "0.10"}

        assert earned(price, part(1, seconds="90"), part(1, one_minute="2"), part(1, one_hour="1")) == Decimal("6.35")

    def test_of_many_digits_are_exact(self):
        price = {"type": "one_million_tokens", "input": "1", "output": "2"}
        parts = [part(1, input_tokens="999999999999999", output_tokens="1")] * 3

        assert earned(price, *parts) == Decimal("2999999999.999997") + Decimal("0.000006")

    @given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), min_size=1, max_size=8), st.data())
    def test_do_not_depend_on_how_the_usage_is_cut_into_parts(self, calls, data):
        price = {
            "type": "add",
            "prices": [
                {"type": "revenue_share", "percentage": "12.5"},
                {"type": "graduated", "based_on": "request_count", "tiers": [
                    {"up_to": 1000, "unit_price": "0.01"}, {"up_to": None, "unit_price": "0.003"}]},
                {"type": "one_million_tokens", "price": "3"},
            ],
        }  # fmt: skip
        whole = part(sum(n for n, _ in calls), sum(t for _, t in calls), input_tokens=sum(t for _, t in calls))
        pieces = [part(n, t, input_tokens=t) for n, t in data.draw(st.permutations(calls))]

        assert earned(price, *pieces) == earned(price, whole)


class TestShares:
    def test_are_there(self):
        assert len(rows("disputes.md", "payout price", "payout", "credited", "share")) == 4

    @pytest.mark.parametrize(
        ("price", "payout", "credited", "share"), rows("disputes.md", "payout price", "payout", "credited", "share")
    )
    def test_are_the_worked_ones(self, price, payout, credited, share):
        compiled = pricing.compile(document(price))
        month = payouts.earned(compiled, [part(5000, "100")])

        found = payouts.share_of(compiled, payout=month.cost, customer_charge=Decimal(100), credited=Decimal(credited))

        assert month.cost == Decimal(payout)
        assert found == Decimal(share)

    def test_of_a_revenue_share_are_exact_where_a_proportion_would_be_cut(self):
        compiled = pricing.compile({"type": "revenue_share", "percentage": "70"})

        share = payouts.share_of(
            compiled, payout=Decimal("2.1"), customer_charge=Decimal(3), credited=Decimal("0.000000000003")
        )

        assert share == Decimal("0.000000000002")

    @given(st.lists(st.integers(1, 10**12), min_size=1, max_size=20), st.integers(1, 10**12))
    def test_of_all_charges_together_are_the_payout(self, charges, payout):
        compiled = pricing.compile({"type": "constant", "price": "1"})
        total = Decimal(sum(charges))

        shares = [
            payouts.share_of(compiled, payout=Decimal(payout), customer_charge=total, credited=Decimal(each))
            for each in charges
        ]

        assert abs(sum(shares) - payout) <= Decimal("0.000000000001") * len(charges)


class TestWords:
    def test_speak_of_billing_periods(self):
        price = pricing.compile({"type": "constant", "price": "10"})

        assert payouts.in_words(price, "USD") == "10.00 USD per billing period."
