"""Cron expressions of five fields: read and checked, with the place of the mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_MOST_DIGITS = 4
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES = {
    "month": {name: number for number, name in enumerate(_MONTHS, 1)},
    "day of week": {name: number for number, name in enumerate(_WEEKDAYS)},
}


class BadCron(ValueError):
    """Not a cron expression. column: of the part that is wrong, from 1."""

    def __init__(self, message: str, column: int) -> None:
        self.message, self.column = message, column
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Cron:
    """The values that each field matches. Sunday is 0. text: with single spaces."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def is_hourly(self) -> bool:
        """Return whether every hour of the day is named."""
        return len(self.hours) == 24

    @property
    def takes_either_day(self) -> bool:
        """Return whether a day counts that fits one of the two fields for days: so it is when neither begins with *."""
        _, _, days, _, weekdays = self.text.split()
        return not (days.startswith("*") or weekdays.startswith("*"))

    def names_day(self, day: date) -> bool:
        """Return whether the expression is due on a day."""
        if day.month not in self.months:
            return False
        fits = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return any(fits) if self.takes_either_day else all(fits)


def parse(text: str) -> Cron:
    """Read `minute hour day month weekday`. Raises BadCron."""
    parts, columns = text.split(), _columns(text)
    if len(parts) != len(_FIELDS):
        message = f"A cron expression has five fields (minute hour day month weekday); this has {len(parts)}."
        raise BadCron(message, 1)
    sets = [_field(part, *field, column) for part, field, column in zip(parts, _FIELDS, columns, strict=True)]
    weekdays = frozenset(day % 7 for day in sets[4])
    return Cron(" ".join(parts), sets[0], sets[1], sets[2], sets[3], weekdays)


def _columns(text: str) -> list[int]:
    return [at + 1 for at, letter in enumerate(text) if not letter.isspace() and (at == 0 or text[at - 1].isspace())]


def _field(part: str, name: str, low: int, high: int, column: int) -> frozenset[int]:
    values: set[int] = set()
    for item in part.split(","):
        span, _, step_text = item.partition("/")
        step = _number(step_text, name, 1, high, column) if "/" in item else 1
        if span == "*":
            first, last = low, high
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, name, low, high, column)
            last = _number(last_text, name, low, high, column) if dash else (high if "/" in item else first)
        if last < first:
            raise BadCron(f"The {name} {span!r} ends before it begins (column {column}).", column)
        values.update(range(first, last + 1, step))
        column += len(item) + 1
    return frozenset(values)


def _number(text: str, name: str, low: int, high: int, column: int) -> int:
    named = _NAMES.get(name, {}).get(text.lower())
    if named is not None:
        return named
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS) or not low <= int(text) <= high:
        raise BadCron(f"The {name} {text[:40]!r} is not a number from {low} to {high} (column {column}).", column)
    return int(text)
