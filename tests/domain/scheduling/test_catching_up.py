"""What becomes of times that have passed, by the examples of docs/schedules.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.scheduling import catching_up
from domain.scheduling.cadences import Interval, Once, by_clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def minutes(*numbers: float) -> tuple[datetime, ...]:
    return tuple(NOON + timedelta(minutes=number) for number in numbers)


TEN_MINUTES = Interval(600)


def plan(now: float, kind: catching_up.Kind, cadence=TEN_MINUTES, max_age=HOUR):
    return catching_up.plan(cadence, NOON, *minutes(now), kind=kind, max_age=max_age)


class TestATimeThatIsDue:
    @pytest.mark.parametrize("kind", ["skip", "latest", "all"])
    @pytest.mark.parametrize("now", [0, 0.5, 1])
    def test_fires_within_a_minute_whatever_the_policy(self, kind, now):
        done = plan(now, kind)
        assert (done.on_time, done.caught_up, done.missed, done.next) == (minutes(0), (), None, *minutes(10))


class TestTimesThatWereMissed:
    """Every ten minutes from 12:00; nothing ran until 12:35."""

    def test_are_left_out_and_told(self):
        done = plan(35, "skip")
        assert (done.fired, done.next) == ((), *minutes(40))
        assert (done.missed.first, done.missed.last, done.missed.count) == (*minutes(0, 30), 4)

    def test_are_made_up_for_by_the_latest(self):
        done = plan(35, "latest")
        assert (done.fired, done.missed.count, done.missed.last) == (minutes(30), 3, *minutes(20))

    def test_are_not_made_up_for_when_the_next_one_is_due(self):
        done = plan(40.5, "latest")
        assert (done.caught_up, done.on_time, done.missed.count) == ((), minutes(40), 4)

    def test_are_made_up_for_one_by_one(self):
        done = plan(35, "all")
        assert (done.caught_up, done.missed) == (minutes(0, 10, 20, 30), None)

    def test_are_left_out_when_they_are_too_old(self):
        done = plan(35, "all", max_age=timedelta(minutes=20))
        assert (done.caught_up, done.missed.count) == (minutes(20, 30), 2)
        assert plan(35, "latest", max_age=timedelta(minutes=3)).fired == ()

    def test_of_a_single_call_are_made_up_for(self):
        assert plan(35, "latest", Once()).fired == minutes(0)
        assert plan(35, "skip", Once()).missed.count == 1
        assert plan(35, "latest", Once()).next is None

    def test_of_a_year_cost_no_more_than_those_of_a_day(self):
        year = 366 * 24 * 60
        done = plan(year + 0.2, "all", by_clock("* * * * *", "UTC"), max_age=timedelta(days=2))
        assert len(done.caught_up) == 100
        assert (done.missed.count, done.next) == (1000, *minutes(year + 1))


class TestAClockThatIsStepped:
    def test_forward_by_an_hour_is_an_outage_of_an_hour(self):
        two_hours = timedelta(hours=2)
        assert len(plan(60.2, "all", max_age=two_hours).caught_up) == 6
        assert plan(60.2, "all", max_age=two_hours).on_time == minutes(60)
        assert plan(60.2, "skip").missed.count == 6

    def test_back_does_nothing_until_it_has_come_up_again(self):
        """After 12:10 is planned the clock shows 11:10 again: the next time stays 12:20."""
        done = catching_up.plan(Interval(600), *minutes(20, -50), kind="all", max_age=HOUR)
        assert (done.fired, done.missed, done.next) == ((), None, *minutes(20))
