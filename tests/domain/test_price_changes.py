"""Cut or rise: what is called a cut never costs anybody more. The table is that of docs/algorithms/subscriptions.md."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random

import pytest

from domain import pricing
from domain.price_changes import Direction, compare
from tests.domain.pricing.generated import CHANNELS, Generator
from tests.domain.pricing.test_documentation import rows

TABLE = rows("subscriptions.md", "Old price", "New price", "Is a")
_RATES = {"price", "input", "output", "cached_input", "unit_price", "factor"}


def altered(price, random, *, up):
    """Return the price with some rates lower, and one or more higher when `up`."""
    if isinstance(price, list):
        return [altered(each, random, up=up) for each in price]
    if not isinstance(price, dict):
        return price
    changed = {}
    for key, value in price.items():
        if key in _RATES and isinstance(value, str):
            factor = random.choice((1, "0.5", "0.9", 0) if not up else ("1.5", 2, "0.5"))
            changed[key] = format(Decimal(value) * Decimal(factor), "f")
        else:
            changed[key] = altered(value, random, up=up)
    return changed


def costs(price, usage):
    found = {}
    for channel in (None, *CHANNELS):
        try:
            found[channel] = pricing.cost(price, usage, request_count=1, channel=channel)
        except pricing.PricingError:
            found[channel] = None
    return found


class TestCompare:
    def test_has_its_table_in_the_paper(self):
        assert len(TABLE) == 7

    @pytest.mark.parametrize(("old", "new", "expected"), TABLE)
    def test_says_what_the_paper_says(self, old, new, expected):
        assert compare(json.loads(old), json.loads(new)) == expected

    def test_calls_nothing_a_cut_that_costs_any_usage_more(self):
        generator, random, seen = Generator(7, payout=False), Random(7), 0
        for _ in range(600):
            old = generator.price()
            new = altered(old, random, up=random.random() < 0.3)
            if any(problem.is_error for each in (old, new) for problem in pricing.validate(each, side="list")):
                continue
            if compare(old, new) == Direction.RISE:
                continue
            seen += 1
            for _ in range(8):
                usage = generator.usage()
                before, after = costs(old, usage), costs(new, usage)
                assert all(
                    before[each] is None or (after[each] is not None and after[each] <= before[each]) for each in before
                ), (old, new, usage)
        assert seen > 150

    def test_calls_a_single_higher_rate_a_rise(self):
        old = {"type": "channel", "default": "a", "channels": {
            "a": {"type": "image", "price": "1"}, "b": {"type": "image", "price": "2"}}}  # fmt: skip
        new = {**old, "channels": {**old["channels"], "b": {"type": "image", "price": "2.0001"}}}

        assert compare(old, new) == Direction.RISE

    def test_calls_another_channel_or_tier_a_rise_even_when_it_is_cheap(self):
        old = {"type": "channel", "default": "a", "channels": {"a": {"type": "image", "price": "1"}}}
        new = {**old, "channels": {**old["channels"], "b": {"type": "image", "price": "0"}}}

        assert compare(old, new) == Direction.RISE
