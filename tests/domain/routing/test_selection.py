"""Who of a group is called: shares by weight, the cheapest, the fastest, always the same."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest

from domain.routing import selection
from tests.factories import records as make


def members(**weights):
    return [make.member(name, weight=weight) for name, weight in weights.items()]


def names(ordered):
    known = {make.service_id(name): name for name in "abcd"}
    return "".join(known[member.service_id] for member in ordered)


class TestByWeight:
    def test_gives_shares_by_weight_within_two_per_cent(self):
        draws = random.Random(5)
        pool = members(a=3, b=1)
        firsts = Counter(names(selection.by_weight(pool, draws.random()))[0] for _ in range(10_000))
        assert firsts["a"] / 10_000 == pytest.approx(0.75, abs=0.02)

    @pytest.mark.parametrize(
        ("draw", "order"),
        # weights 3 1 1: a takes [0, 0.6); what is left of the number chooses between the others
        [
            (0.0, "abc"),
            (0.29, "abc"),
            (0.31, "acb"),
            (0.59, "acb"),
            (0.6, "bac"),
            (0.75, "bca"),
            (0.8, "cab"),
            (0.99, "cba"),
        ],
    )
    def test_draws_a_whole_order_from_one_number(self, draw, order):
        assert names(selection.by_weight(members(a=3, b=1, c=1), draw)) == order

    def test_gives_the_second_place_by_weight_too(self):
        draws = random.Random(7)
        pool = members(a=1, b=2, c=1)
        seconds = Counter(
            order[1]
            for order in (names(selection.by_weight(pool, draws.random())) for _ in range(20_000))
            if order[0] == "a"
        )
        assert seconds["b"] / seconds.total() == pytest.approx(2 / 3, abs=0.02)

    def test_never_begins_with_a_weight_of_nothing(self):
        assert {names(selection.by_weight(members(a=0, b=1), place / 100))[0] for place in range(100)} == {"b"}

    def test_keeps_the_order_of_those_without_weight(self):
        assert names(selection.by_weight(members(a=0, b=0), 0.7)) == "ab"


class TestByPrice:
    def test_takes_the_cheapest_first_and_the_unpriced_last(self):
        pool = [make.member("a", price=Decimal("0.2")), make.member("b"), make.member("c", price=Decimal("0.1"))]
        assert names(selection.by_price(pool, 0.5)) == "cab"


class TestByLatency:
    def test_takes_the_unmeasured_first_and_then_the_fastest(self):
        latency = {make.service_id("a"): 90.0, make.service_id("c"): 30.0}
        assert names(selection.by_latency(members(a=1, b=1, c=1), 0.5, latency)) == "bca"


class TestByCaller:
    def test_is_the_same_for_the_same_caller(self):
        pool = members(a=1, b=1, c=1)
        assert len({names(selection.by_caller(pool, "somebody")) for _ in range(5)}) == 1

    def test_shares_callers_by_weight(self):
        firsts = Counter(names(selection.by_caller(members(a=3, b=1), str(caller)))[0] for caller in range(10_000))
        assert firsts["a"] / 10_000 == pytest.approx(0.75, abs=0.02)

    def test_moves_only_the_callers_of_a_member_that_leaves(self):
        with_c = {str(n): names(selection.by_caller(members(a=1, b=1, c=1), str(n)))[0] for n in range(300)}
        without = {str(n): names(selection.by_caller(members(a=1, b=1), str(n)))[0] for n in range(300)}
        assert all(without[caller] == first for caller, first in with_c.items() if first != "c")
