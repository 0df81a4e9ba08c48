"""Cadences are read, held against limits, counted and told in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.scheduling import cadences
from domain.scheduling.cadences import BadSchedule, Interval, Limits, by_clock
from domain.scheduling.wording import described

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class TestAnInterval:
    def test_stays_on_its_grid(self):
        due = NOON
        late = NOON + timedelta(seconds=700)
        assert Interval(300).next_after(due, late) == NOON + timedelta(seconds=900)
        assert Interval(300).next_after(due, due) == NOON + timedelta(seconds=300)
        assert Interval(300).next_after(due, due - timedelta(hours=1)) == due

    def test_is_counted(self):
        assert cadences.count_between(Interval(300), NOON, NOON + timedelta(days=30)) == 8640


class TestACadence:
    @pytest.mark.parametrize(
        "schedule",
        [
            {"schedule_type": "interval", "interval_seconds": 300},
            {"schedule_type": "cron", "cron_expression": "*/5 8-18 * * 1-5", "timezone": "America/New_York"},
            {"schedule_type": "once"},
        ],
    )
    def test_is_shown_as_it_was_read(self, schedule):
        assert cadences.read(schedule).to_json() == schedule

    @pytest.mark.parametrize(
        ("schedule", "field"),
        [
            ({"schedule_type": "interval", "interval_seconds": True}, "interval_seconds"),
            ({"schedule_type": "interval", "interval_seconds": 1.5}, "interval_seconds"),
            ({"schedule_type": "cron", "cron_expression": 5}, "cron_expression"),
            ({"schedule_type": "cron", "cron_expression": "* * * * *", "timezone": "../etc/passwd"}, "timezone"),
            ({"schedule_type": "cron", "cron_expression": "* * * * *", "timezone": ["UTC"]}, "timezone"),
            ({"schedule_type": "once", "at": "2030-01-01T00:00:00"}, "at"), ({}, "schedule_type"),
        ],
    )  # fmt: skip
    def test_that_is_wrong_names_its_field(self, schedule, field):
        with pytest.raises(BadSchedule) as caught:
            cadences.read(schedule)
        assert caught.value.field == field

    @pytest.mark.parametrize(
        ("cadence", "limits", "field"),
        [
            (Interval(59), Limits(), "interval_seconds"), (Interval(604_801), Limits(), "interval_seconds"),
            (by_clock("0,1 * * * *", "UTC"), Limits(shortest_seconds=120), "cron_expression"),
            (by_clock("0 9 * * *", "UTC"), Limits(allows_cron=False), "cron_expression"),
            (by_clock("0 0 30 2 *", "UTC"), Limits(), "cron_expression"),
        ],
    )  # fmt: skip
    def test_beyond_its_limits_is_refused(self, cadence, limits, field):
        with pytest.raises(BadSchedule) as caught:
            cadences.check(cadence, limits, NOON)
        assert caught.value.field == field

    @pytest.mark.parametrize(
        "cadence", [Interval(60), Interval(604_800), by_clock("* * * * *", "UTC"), by_clock("0 0 29 2 *", "UTC")]
    )
    def test_within_them_is_fine(self, cadence):
        cadences.check(cadence, Limits(), NOON)

    def test_of_several_services_keeps_all_limits(self):
        both = Limits(60, 3600).and_(Limits(300, 86_400, allows_cron=False))
        assert both == Limits(300, 3600, allows_cron=False)

    def test_by_the_clock_is_counted(self):
        """30 days from 21 November in Berlin: no clock is changed."""
        daily = by_clock("0 9 * * 1-5", "Europe/Berlin")
        assert cadences.count_between(daily, NOON, NOON + timedelta(days=28)) == 20
        assert cadences.count_between(by_clock("*/10 * * * *", "UTC"), NOON, NOON + timedelta(days=30)) == 4320


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (Interval(300), "Every 5 minutes"), (Interval(60), "Every minute"), (Interval(5400), "Every 90 minutes"),
        (by_clock("* * * * *", "UTC"), "Every minute"), (by_clock("*/5 * * * *", "UTC"), "Every 5 minutes"),
        (by_clock("0 * * * *", "UTC"), "Every hour"),
        (by_clock("0 9 * * 1-5", "UTC"), "At 09:00 on Monday to Friday"),
        (by_clock("0 9,17 * * sat,sun", "UTC"), "At 09:00 and 17:00 on Saturday and Sunday"),
        (by_clock("*/10 9-17 * * mon-fri", "UTC"), "Every 10 minutes in the hours 09 to 17 on Monday to Friday"),
        (by_clock("15 8-18 * * *", "UTC"), "At minute 15 of the hours 08 to 18 every day"),
        (by_clock("7,9 * * * *", "UTC"), "At minutes 7 and 9 of every hour"),
        (by_clock("0 0 1 * *", "UTC"), "At 00:00 on day 1 of the month"),
        (by_clock("0 0 1,15 * mon", "UTC"), "At 00:00 on day 1 and 15 of the month or on Monday"),
        (by_clock("0 0 */10 * mon", "UTC"), "At 00:00 on day 1, 11, 21 and 31 of the month if it is on Monday"),
        (by_clock("30 2 29 2 *", "UTC"), "At 02:30 on day 29 of the month in February"),
    ],
)  # fmt: skip
def test_a_cadence_is_told_in_words(cadence, words):
    assert described(cadence) == words
