"""Months, proportions and words of plans; the numbers of docs/algorithms/subscriptions.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import plans
from domain.plans import PlanTerms
from tests.domain.pricing.test_documentation import rows

MONTHS = rows("subscriptions.md", "Subscribed", "Zone", "The next periods begin")
TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}


def terms(fee="10", quantity="1000", metric="requests"):
    return PlanTerms("p", "P", "", Decimal(fee), metric, Decimal(quantity))


class TestBoundary:
    def test_has_its_table_in_the_paper(self):
        assert len(MONTHS) == 5

    @pytest.mark.parametrize(("subscribed", "zone", "begin"), MONTHS)
    def test_is_where_the_paper_says(self, subscribed, zone, begin):
        anchor = datetime.fromisoformat(f"{subscribed}+00:00")
        found = [plans.boundary(anchor, zone, number + 1) for number in range(begin.count(",") + 1)]

        assert ", ".join(f"{each:%Y-%m-%d %H:%M}" for each in found) == begin

    @given(
        st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
    )
    def test_is_always_later_than_the_one_before_by_about_a_month(self, anchor, zone):
        found = [plans.boundary(anchor, zone, number) for number in range(30)]

        lengths = [after - before for before, after in pairwise(found)]
        assert all(timedelta(days=26) < length < timedelta(days=33) for length in lengths)

    def test_is_on_the_day_after_where_a_calendar_left_a_day_out(self):
        # Samoa had no 30 December 2011
        anchor = datetime(2011, 11, 30, 20, tzinfo=UTC)
        assert plans.boundary(anchor, "Pacific/Apia", 1) == datetime(2011, 12, 30, 20, tzinfo=UTC)


class TestUpgrade:
    @given(
        st.integers(0, 10**9), st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2),
        st.integers(1, 10**9), st.integers(0, 10**9),
    )  # fmt: skip
    def test_never_costs_less_than_nothing_nor_more_than_the_difference(self, left, cheap, more, small, extra):
        share = (left, 10**9)
        found = plans.upgrade(old=terms(cheap, small), new=terms(cheap + more, small + extra), share=share)

        assert 0 <= found.due <= more + Decimal("1e-12")
        assert 0 <= found.quantity <= extra

    def test_does_not_pay_for_using_up_the_old_quota_first(self):
        # whatever was used, the customer paid 5 for half a month of 1,000 and 20 for half a month of 10,000
        found = plans.upgrade(old=terms("10", "1000"), new=terms("40", "10000"), share=(1, 2))

        assert 1000 + found.quantity == (1000 + 10_000) / 2


class TestMayChangeAtOnce:
    @pytest.mark.parametrize(
        ("old", "new", "may"),
        [
            (terms("10", "1000"), terms("20", "2000"), True),
            (terms("10", "1000"), terms("20", "1000"), True),
            (terms("10", "0", ""), terms("20", "5", "tokens"), True),
            (terms("10", "1000"), terms("10", "2000"), False),
            (terms("10", "1000"), terms("20", "500"), False),
            (terms("10", "1000"), terms("20", "1000", "tokens"), False),
            (terms("10", "1000"), terms("5", "5000"), False),
        ],
    )
    def test_only_to_a_dearer_plan_with_no_less(self, old, new, may):
        assert plans.may_change_at_once(old=old, new=new) is may


class TestCoversWholeCalls:
    @pytest.mark.parametrize(
        ("metric", "price", "covers"),
        [
            ("requests", TOKENS, True),
            ("requests", {"type": "constant", "price": "1"}, True),
            ("tokens", TOKENS, True),
            ("input_tokens", TOKENS, True),
            # a call may have no output, and costs its input all the same
            ("output_tokens", TOKENS, False),
            ("tokens", {"type": "add", "prices": [TOKENS, {"type": "constant", "price": "1"}]}, False),
            ("tokens", {"type": "add", "prices": [TOKENS, {"type": "image", "price": "1"}]}, False),
            ("tokens", {"type": "constant", "price": "1"}, False),
            ("images_generated", {"type": "image", "price": "1"}, False),
        ],
    )
    def test_when_no_call_can_cost_anything_else(self, metric, price, covers):
        assert plans.covers_whole_calls(metric, price) is covers


class TestSentence:
    @pytest.mark.parametrize(
        ("plan", "sentence"),
        [
            (terms("20", "10000"), "20.00 USD a month, with 10,000 requests included."),
            (terms("0", "50", "images_generated"), "No monthly fee, with 50 images included."),
            (terms("0.125", "1", "images_generated"), "0.125 USD a month, with 1 image included."),
            (terms("5", "0", ""), "5.00 USD a month, and each call at its price."),
        ],
    )
    def test_says_fee_and_quota(self, plan, sentence):
        assert plans.sentence(plan, "USD") == sentence
