"""Windows by the clock and by the calendar of whoever they are counted for."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.limits.rules import rules_of
from domain.limits.windows import window_at


def ms(*parts: int, zone: str = "UTC") -> int:
    return int(datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


class TestWindows:
    @pytest.mark.parametrize(
        ("window", "zone", "start", "end"),
        [
            ("minute", "UTC", ms(2026, 3, 31, 22, 30), ms(2026, 3, 31, 22, 31)),
            ("hour", "Asia/Tokyo", ms(2026, 3, 31, 22), ms(2026, 3, 31, 23)),
            ("day", "UTC", ms(2026, 3, 31), ms(2026, 4, 1)),
            ("day", "Europe/Berlin", ms(2026, 4, 1, zone="Europe/Berlin"), ms(2026, 4, 2, zone="Europe/Berlin")),
            ("week", "UTC", ms(2026, 3, 30), ms(2026, 4, 6)),
            ("month", "UTC", ms(2026, 3, 1), ms(2026, 4, 1)),
            ("month", "Europe/Berlin", ms(2026, 4, 1, zone="Europe/Berlin"), ms(2026, 5, 1, zone="Europe/Berlin")),
            ("year", "UTC", ms(2026, 1, 1), ms(2027, 1, 1)),
            ("day", "No/Such", ms(2026, 3, 31), ms(2026, 4, 1)),
        ],
    )
    def test_hold_a_moment(self, window, zone, start, end):
        at = int(datetime(2026, 3, 31, 22, 30, 30, tzinfo=UTC).timestamp() * 1000)
        assert window_at(window, at, zone) == (start, end)

    def test_of_a_day_that_has_23_hours(self):
        start, end = window_at("day", ms(2026, 3, 29, 12), "Europe/Berlin")
        assert (end - start) == 23 * 3600 * 1000


class TestRules:
    def test_of_a_kind_are_the_strictest_one(self):
        limits = [{"limit": limit, "unit": "requests", "window": "minute"} for limit in (60, 20, 40)]
        (rule,) = rules_of({"channel_rate_limit": limits}, {})
        assert rule.limit == 20

    def test_that_are_switched_off_or_unreadable_are_none(self):
        limits = [
            {"limit": 1, "unit": "requests", "window": "minute", "is_active": False},
            {"limit": 0, "unit": "requests", "window": "minute"},
            {"limit": 1, "unit": "requests"},
            {"limit": 1, "unit": "smiles", "window": "minute"},
            "often",
        ]
        assert rules_of({"customer_rate_limit": limits, "rate_limit_refs": ["missing"]}, {}) == ()
