"""When cron expressions are due, by worked examples and against a look at every minute around changes of clocks.

EVERY_ZONE=1 takes all zones and all changes from 2025 to 2035; a run of the suite takes zones that are odd, and others
by the day of the year.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from domain import cron
from domain.scheduling.occurrences import next_after
from tests.domain.scheduling import oracle

EXPRESSIONS = [
    "*/10 * * * *", "0 * * * *", "17 */1 * * *", "30 2 * * *", "15,45 0-3 * * *", "*/20 1,2,23 * * *", "0 0 * * *",
    "5 3 1,30,31 * *", "59 23 * * 0", "0 12 * * *",
]  # fmt: skip
#: Half an hour, two hours, at odd minutes, at midnight, twice a year around Ramadan, and never.
ODD = ["Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Chatham", "Africa/Casablanca", "America/Havana",
       "Asia/Beirut", "America/Scoresbysund", "Africa/Cairo", "Europe/Dublin", "Pacific/Apia", "UTC"]  # fmt: skip


def due_times(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    parsed, found, at = cron.parse(expression), [], start
    while (due := next_after(parsed, zone, at)) is not None and due <= end:
        found.append(due)
        at = due
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestWorkedExamples:
    @pytest.mark.parametrize(
        ("expression", "zone", "start", "expected"),
        [
            # Berlin, 29 March 2026: 02:00 is followed by 03:00
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
            ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
            ("30 * * * *", "Europe/Berlin", "2026-03-29T00:00", ["2026-03-29T00:30", "2026-03-29T01:30"]),
            # Berlin, 25 October 2026: 03:00 is followed by 02:00
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
            ("30 * * * *", "Europe/Berlin", "2026-10-25T00:00", ["2026-10-25T00:30", "2026-10-25T01:30"]),
            # New York, 8 March and 1 November 2026
            ("15 2 * * *", "America/New_York", "2026-03-08T00:00", ["2026-03-08T07:00", "2026-03-09T06:15"]),
            ("15 1 * * *", "America/New_York", "2026-11-01T00:00", ["2026-11-01T05:15", "2026-11-02T06:15"]),
            # both days given: either counts; one beginning with *: both must fit
            ("0 0 13 * fri", "UTC", "2026-11-01T00:00", ["2026-11-06T00:00", "2026-11-13T00:00"]),
            ("0 0 */13 * fri", "UTC", "2026-11-01T00:00", ["2026-11-27T00:00", "2027-01-01T00:00"]),
            ("0 0 29 2 *", "UTC", "2026-11-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
            # a date on a weekday comes back after 11 years, a leap day after 40 when a century without one lies between
            ("0 0 */31 12 2", "UTC", "2026-11-01T00:00", ["2026-12-01T00:00", "2037-12-01T00:00"]),
            ("0 0 29 2 */7", "UTC", "2072-01-01T00:00", ["2088-02-29T00:00", "2128-02-29T00:00"]),
        ],
    )  # fmt: skip
    def test_are_due_then(self, expression, zone, start, expected):
        parsed, clocks = cron.parse(expression), ZoneInfo(zone)
        first = next_after(parsed, clocks, at(start))
        assert [first, next_after(parsed, clocks, first)] == [at(each) for each in expected]

    def test_a_day_that_was_left_out_is_made_up_for(self):
        """Samoa went over the date line: there was no 30 December 2011."""
        found = due_times("0 9 30 12 *", ZoneInfo("Pacific/Apia"), at("2011-12-01T00:00"), at("2012-01-31T00:00"))
        assert found == [at("2011-12-30T10:00")]  # 00:00 of the 31st there

    def test_there_is_none_for_a_day_that_never_comes(self):
        assert next_after(cron.parse("0 0 31 2 *"), ZoneInfo("UTC"), at("2026-01-01T00:00")) is None

    def test_seconds_do_not_count(self):
        after = at("2026-01-01T00:05") + timedelta(seconds=30)
        assert next_after(cron.parse("*/5 * * * *"), ZoneInfo("UTC"), after) == at("2026-01-01T00:10")


def chosen() -> list[str]:
    if os.environ.get("EVERY_ZONE"):
        return oracle.zones()
    everyone = sorted(available_timezones())
    today = datetime.now(UTC).timetuple().tm_yday
    return [*ODD, *(everyone[(today * 7 + number * 97) % len(everyone)] for number in range(4))]


class TestAroundChangesOfClocks:
    @pytest.mark.parametrize("name", chosen())
    def test_times_are_those_of_the_wall(self, name):
        zone = ZoneInfo(name)
        changes = oracle.changes(name) or (at("2027-02-28T00:00"),)
        if not os.environ.get("EVERY_ZONE"):
            changes = (*changes[:2], changes[-1])
        for number, change in enumerate(changes):
            start, end = change - timedelta(hours=26), change + timedelta(hours=26)
            expressions = EXPRESSIONS if os.environ.get("EVERY_ZONE") else EXPRESSIONS[number % 2 :: 2]
            for expression in expressions:
                expected = oracle.times(expression, zone, start, end)
                assert due_times(expression, zone, start, end) == expected, (expression, change)
