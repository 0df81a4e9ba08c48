"""Months in time zones: docs/algorithms/settlement.md, "The month of a call"."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import periods

#: Zones that change their clocks at the end of a month, at midnight or across it, or lie far from UTC.
ZONES = [
    "UTC",
    "Europe/Vienna",
    "America/New_York",
    "America/St_Johns",  # clocks went back from 00:01 to 23:01 of the day before, on 1 November 2009 too
    "America/Havana",  # 01:00 back to 00:00: midnight twice
    "America/Santiago",  # no midnight in spring
    "Asia/Amman",  # changed at midnight, on the last day of a month
    "Asia/Beirut",
    "Pacific/Kiritimati",  # UTC+14
    "Pacific/Pago_Pago",  # UTC-11
    "Pacific/Apia",  # left out the day 2011-12-30
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour of summer time
]
instants = st.datetimes(datetime(1990, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))
days = st.dates(date(1990, 1, 1), date(2080, 1, 1))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestLabel:
    @pytest.mark.parametrize(
        ("instant", "zone", "expected"),
        [
            ("2026-11-30 23:30", "UTC", "2026-11-01"),
            ("2026-11-30 23:30", "Europe/Vienna", "2026-12-01"),
            ("2026-12-01 04:59", "America/New_York", "2026-11-01"),
            ("2026-12-01 05:00", "America/New_York", "2026-12-01"),
            ("2026-10-31 10:00", "Pacific/Kiritimati", "2026-11-01"),
            ("2026-12-01 10:59", "Pacific/Pago_Pago", "2026-11-01"),
            ("2027-01-01 00:00", "UTC", "2027-01-01"),
            # 1 November 2009 in St. John's: 00:00, a minute later 23:01 of 31 October, an hour later 00:00 again
            ("2009-11-01 02:29:59", "America/St_Johns", "2009-10-01"),
            ("2009-11-01 02:30", "America/St_Johns", "2009-11-01"),
            ("2009-11-01 03:00", "America/St_Johns", "2009-11-01"),
        ],
    )
    def test_is_the_month_there(self, instant, zone, expected):
        assert periods.label(utc(instant), zone) == date.fromisoformat(expected)

    @given(instants, st.sampled_from(ZONES))
    @example(utc("2009-11-01 02:45"), "America/St_Johns")
    def test_names_the_month_whose_bounds_hold_the_instant(self, instant, zone):
        starts_at, ends_at = periods.bounds(periods.label(instant, zone), zone)

        assert starts_at <= instant < ends_at

    @given(instants, st.timedeltas(timedelta(0), timedelta(days=3)), st.sampled_from(ZONES))
    @example(utc("2009-11-01 02:30"), timedelta(minutes=20), "America/St_Johns")
    def test_never_goes_back_in_time(self, instant, later, zone):
        assert periods.label(instant, zone) <= periods.label(instant + later, zone)

    @given(instants, st.sampled_from([zone for zone in ZONES if zone != "America/St_Johns"]))
    def test_is_what_the_calendar_on_the_wall_says(self, instant, zone):
        on_the_wall = instant.astimezone(ZoneInfo(zone))

        assert periods.label(instant, zone) == date(on_the_wall.year, on_the_wall.month, 1)

    @pytest.mark.parametrize("instant", ["0001-01-01 00:00", "9999-12-31 23:59", "2200-01-01 00:00"])
    def test_refuses_the_dates_of_a_broken_clock(self, instant):
        with pytest.raises(ValueError, match="no date of a call"):
            periods.label(utc(instant), "Pacific/Kiritimati")

    @pytest.mark.parametrize("zone", ["Nowhere/Land", "", "../etc/passwd", "\0", "Europe"])
    def test_refuses_an_unknown_zone(self, zone):
        with pytest.raises(periods.UnknownZone):
            periods.label(utc("2026-01-01 00:00"), zone)


class TestBounds:
    @pytest.mark.parametrize(
        ("first", "zone", "starts_at", "ends_at"),
        [
            ("2026-11-01", "UTC", "2026-11-01 00:00", "2026-12-01 00:00"),
            ("2026-10-01", "Europe/Vienna", "2026-09-30 22:00", "2026-10-31 23:00"),
            ("2026-03-01", "Europe/Vienna", "2026-02-28 23:00", "2026-03-31 22:00"),
            ("2028-02-01", "Asia/Kathmandu", "2028-01-31 18:15", "2028-02-29 18:15"),
            ("2011-12-01", "Pacific/Apia", "2011-12-01 10:00", "2011-12-31 10:00"),
            ("2009-11-01", "America/St_Johns", "2009-11-01 02:30", "2009-12-01 03:30"),
            # clocks went from 00:00 to 01:00 on 1 April 2005 in Amman: the month began at 01:00
            ("2005-04-01", "Asia/Amman", "2005-03-31 22:00", "2005-04-30 21:00"),
        ],
    )
    def test_are_the_first_moments_of_two_first_days(self, first, zone, starts_at, ends_at):
        assert periods.bounds(date.fromisoformat(first), zone) == (utc(starts_at), utc(ends_at))

    @given(days, st.sampled_from(ZONES))
    def test_leave_no_instant_out_and_none_in_two_months(self, day, zone):
        first = day.replace(day=1)

        assert periods.bounds(first, zone)[1] == periods.bounds(periods.following(first), zone)[0]

    @pytest.mark.parametrize("first", [date(2026, 11, 2), date(1, 1, 1), date(9999, 12, 1)])
    def test_are_those_of_a_label_alone(self, first):
        with pytest.raises(ValueError, match="label"):
            periods.bounds(first, "UTC")


class TestAddMonths:
    @pytest.mark.parametrize(
        ("day", "months", "expected"),
        [
            ("2026-01-31", 1, "2026-02-28"),
            ("2026-01-31", 2, "2026-03-31"),
            ("2028-01-31", 1, "2028-02-29"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2028-02-29", 48, "2032-02-29"),
            ("2026-03-31", -1, "2026-02-28"),
            ("2026-12-15", 1, "2027-01-15"),
            ("2026-01-15", -1, "2025-12-15"),
            ("2026-05-31", 0, "2026-05-31"),
        ],
    )
    def test_keeps_the_day_or_takes_the_last_one(self, day, months, expected):
        assert periods.add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)

    @given(days, st.integers(-600, 600))
    def test_lands_in_the_month_that_many_away(self, day, months):
        landed = periods.add_months(day, months)

        assert (landed.year * 12 + landed.month) - (day.year * 12 + day.month) == months
        assert landed.day <= day.day

    @given(days)
    def test_of_a_label_there_and_back_is_the_label(self, day):
        first = day.replace(day=1)

        assert periods.preceding(periods.following(first)) == first


class TestDocumentation:
    def test_has_the_months_that_its_table_says(self):
        page = (Path(__file__).parents[2] / "docs" / "algorithms" / "settlement.md").read_text()
        rows = page.split("| end of the call, UTC |")[1].split("\n\n")[0].splitlines()[2:]
        cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]

        assert len(cells) == 4
        assert [periods.label(utc(end), zone) for end, zone, _ in cells] == [
            date.fromisoformat(f"{month}-01") for _, _, month in cells
        ]
