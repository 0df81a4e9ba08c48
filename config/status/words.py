"""How well something does, in one word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gateway_admin.request_logs.service_health import Health

_DEGRADED, _DOWN = 0.05, 0.5
_LATE_SECONDS, _VERY_LATE_SECONDS = 30, 600


class Word(Enum):
    """value: in the JSON; label, tone and icon: on the page."""

    DOWN = "down", "Down", "error", "circle-alert"
    DEGRADED = "degraded", "Degraded", "warning", "triangle-alert"
    OPERATIONAL = "operational", "Operational", "success", "circle-check"
    NO_DATA = "no_data", "No data", "neutral", "circle-help"

    def __init__(self, code: str, label: str, tone: str, icon: str) -> None:
        self.code, self.label, self.tone, self.icon = code, label, tone, icon


@dataclass(frozen=True, slots=True)
class Seen:
    """A stretch of time as it is told: whole percents and two digits, so that nobody counts calls by them."""

    word: Word
    failed_percent: int | None = None
    p50_ms: int | None = None


_NOTHING = Seen(Word.NO_DATA)


def of_health(health: Health | None) -> Seen:
    """Return what is told of a service."""
    if health is None:
        return _NOTHING
    word = Word.DOWN if health.failed >= _DOWN else Word.DEGRADED if health.failed >= _DEGRADED else Word.OPERATIONAL
    return Seen(word, round(health.failed * 100), None if health.p50_ms is None else two_digits(health.p50_ms))


def of_lag(seconds: float) -> Word:
    """Return what the age of the oldest unsettled usage means. seconds: 0 without any."""
    if seconds >= _VERY_LATE_SECONDS:
        return Word.DOWN
    return Word.DEGRADED if seconds >= _LATE_SECONDS else Word.OPERATIONAL


def of_answer(has_answered: bool) -> Word:
    """Return what it means that a part answers or not."""
    return Word.OPERATIONAL if has_answered else Word.DOWN


def two_digits(number: float) -> int:
    """Round to two significant digits. 1234.5 -> 1200."""
    return int(float(f"{number:.2g}"))
