"""What included quotas cover of a call."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promotions import Quota, cover, quantity


def quota(left: str, metric: str = "tokens", number: int = 1) -> Quota:
    return Quota(f"quota-{number}", f"Quota {number}", metric, Decimal(left))


class TestQuantity:
    @pytest.mark.parametrize(
        ("metric", "usage", "expected"),
        [
            ("requests", {}, "1"),
            ("requests", {"requests": 7}, "1"),
            ("tokens", {"input_tokens": 3, "cached_input_tokens": 4, "output_tokens": 5}, "12"),
            ("tokens", {"output_tokens": 5, "total_tokens": 99}, "5"),
            ("tokens", {"total_tokens": 99}, "99"),
            ("tokens", {"seconds": 1}, "0"),
            ("input_tokens", {"input_tokens": 3, "output_tokens": 5}, "3"),
            ("seconds", {"seconds": Decimal("1.5")}, "1.5"),
            ("seconds", {"seconds": Decimal("0.1234567890125")}, "0.123456789012"),
            ("images_generated", {}, "0"),
        ],
    )
    def test_is_what_the_usage_says_of_the_metric(self, metric, usage, expected):
        assert quantity(metric, usage) == Decimal(expected)


class TestCover:
    def test_takes_the_whole_cost_when_the_quota_suffices(self):
        (taken,) = cover(Decimal("0.1"), {"input_tokens": 3}, [quota("3")])

        assert (taken.amount, taken.quantity, taken.metric) == (Decimal("0.1"), 3, "tokens")

    def test_splits_a_call_across_the_end_of_the_quota(self):
        (taken,) = cover(Decimal("0.08"), {"input_tokens": 600, "output_tokens": 400}, [quota("250")])

        assert (taken.amount, taken.quantity) == (Decimal("0.02"), 250)

    def test_goes_on_with_the_next_quota_of_the_same_metric(self):
        quotas = [quota("1", number=1), quota("9", "seconds", 2), quota("0", number=3), quota("9", number=4)]

        taken = cover(Decimal(1), {"input_tokens": 3, "seconds": 5}, quotas)

        assert [(each.id, each.quantity) for each in taken] == [("quota-1", 1), ("quota-4", 2)]
        assert sum(each.amount for each in taken) == 1

    def test_passes_over_a_metric_that_the_usage_does_not_have(self):
        taken = cover(Decimal(1), {"input_tokens": 4}, [quota("9", "images_generated", 1), quota("2", number=2)])

        assert [(each.id, each.amount) for each in taken] == [("quota-2", Decimal("0.5"))]

    @pytest.mark.parametrize("usage", [{}, {"input_tokens": 0}])
    def test_covers_nothing_of_a_usage_without_the_metric(self, usage):
        assert cover(Decimal(1), usage, [quota("5")]) == []

    def test_uses_nothing_for_a_call_that_costs_nothing(self):
        assert cover(Decimal(0), {"input_tokens": 5}, [quota("5")]) == []

    @given(
        st.decimals("0.000000000001", "1000000000", places=12),
        st.integers(1, 10**12),
        st.lists(st.decimals("0", "1000000", places=3), max_size=5),
    )
    def test_takes_the_exact_share_of_the_cost(self, cost, used, lefts):
        quotas = [quota(str(left), number=number) for number, left in enumerate(lefts)]

        taken = cover(cost, {"input_tokens": used}, quotas)

        covered = min(sum(lefts, Decimal(0)), Decimal(used))
        assert sum((each.quantity for each in taken), Decimal(0)) == covered
        exact = Fraction(cost) * Fraction(covered) / used
        assert abs(sum((Fraction(each.amount) for each in taken), Fraction(0)) - exact) <= Fraction(1, 2 * 10**12)
        assert all(
            each.amount >= 0 and each.quantity <= left for each, left in zip(taken, filter(None, lefts), strict=False)
        )
