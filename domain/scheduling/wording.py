"""Schedules in words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from domain.cron import Cron
from domain.scheduling.cadences import ByClock, Cadence, Interval, in_words

_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_MOST_TIMES = 6


def described(cadence: Cadence) -> str:
    """Return the cadence as a sentence without its period. "0 9 * * 1-5" -> "At 09:00 on Monday to Friday"."""
    if isinstance(cadence, Interval):
        return f"Every {in_words(cadence.seconds)}"
    if isinstance(cadence, ByClock):
        text = " ".join(part for part in (_time(cadence.cron), _days(cadence.cron), _months(cadence.cron)) if part)
        return text[0].upper() + text[1:]
    return "Once"


def _time(cron: Cron) -> str:
    if len(cron.minutes) * len(cron.hours) <= _MOST_TIMES:
        return "at " + _listed(
            f"{hour:02}:{minute:02}" for hour in sorted(cron.hours) for minute in sorted(cron.minutes)
        )
    minutes, is_at = _minutes(sorted(cron.minutes))
    if cron.is_hourly:
        return f"{minutes} of every hour" if is_at else minutes
    return f"{minutes} {'of' if is_at else 'in'} the hours {_spans(sorted(cron.hours), lambda hour: f'{hour:02}')}"


def _minutes(minutes: list[int]) -> tuple[str, bool]:
    """Return the minutes in words, and whether they are minutes of an hour."""
    step = _step(minutes, 60)
    if step == 1:
        return "every minute", False
    if step is not None and minutes[0] == 0:
        return f"every {step} minutes", False
    if minutes == [0]:
        return "every hour", False
    return f"at {'minute' if len(minutes) == 1 else 'minutes'} {_listed(map(str, minutes))}", True


def _step(values: list[int], size: int) -> int | None:
    """Return the distance of values that go round evenly."""
    if len(values) < 2:
        return None
    gaps = {later - earlier for earlier, later in pairwise(values)} | {values[0] + size - values[-1]}
    return gaps.pop() if len(gaps) == 1 else None


def _days(cron: Cron) -> str:
    by_date = "" if len(cron.days) == 31 else f"on day {_spans(sorted(cron.days), str)} of the month"
    weekdays = sorted(cron.weekdays, key=lambda day: (day - 1) % 7)
    by_weekday = "" if len(weekdays) == 7 else f"on {_weekdays(weekdays)}"
    if by_date and by_weekday:
        return f"{by_date} {'or' if cron.takes_either_day else 'if it is'} {by_weekday}"
    return by_date or by_weekday or ("every day" if not cron.is_hourly else "")


def _weekdays(days: list[int]) -> str:
    places = [(day - 1) % 7 for day in days]
    if len(days) > 2 and places == list(range(places[0], places[-1] + 1)):
        return f"{_WEEKDAYS[days[0]]} to {_WEEKDAYS[days[-1]]}"
    return _listed(_WEEKDAYS[day] for day in days)


def _months(cron: Cron) -> str:
    return "" if len(cron.months) == 12 else f"in {_listed(_MONTHS[month - 1] for month in sorted(cron.months))}"


def _spans(values: list[int], shown: object) -> str:
    """Return values with neighbours drawn together. [8, 9, 10, 12] -> "08 to 10 and 12"."""
    assert callable(shown)
    spans: list[list[int]] = []
    for value in values:
        if spans and value == spans[-1][-1] + 1:
            spans[-1].append(value)
        else:
            spans.append([value])
    words = []
    for span in spans:
        words += [f"{shown(span[0])} to {shown(span[-1])}"] if len(span) > 2 else [shown(each) for each in span]
    return _listed(words)


def _listed(words: Iterable[str]) -> str:
    *most, last = list(words)
    return f"{', '.join(most)} and {last}" if most else last
