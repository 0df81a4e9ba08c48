"""What the wrappers of a path ask for, read from its control parameters and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain import cron
from domain.routing.grammar import BadPath, ParsedPath
from domain.scheduling import cadences, occurrences
from domain.scheduling.cadences import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, BadSchedule, Limits
from domain.usage import LogLevel

DEFAULT_TTL_SECONDS = 3600
MAX_TTL_SECONDS = 7 * 86_400
MAX_DELAY_SECONDS = 366 * 86_400
_NAME_LIMIT = 200
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
# a plus that was not encoded arrives as a space
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})$")


@dataclass(frozen=True, slots=True)
class MemoOptions:
    """renew: do not look, call, and store what comes."""

    ttl_seconds: int
    renew: bool


@dataclass(frozen=True, slots=True)
class Registration:
    """A call for later. Exactly one of interval_seconds, cron, delay_seconds and at is given.

    fire_now: the first run is due at once. name: the customer's own, "" for none; the same name registers once.
    """

    kind: Literal["recurrent", "delayed"]
    interval_seconds: int | None = None
    cron: str | None = None
    delay_seconds: int | None = None
    at: datetime | None = None
    fire_now: bool = False
    name: str = ""

    def schedule(self) -> dict[str, Any]:
        """Return the mapping that the customers' API shows."""
        if self.cron is not None:
            return {"schedule_type": "cron", "cron_expression": self.cron, "timezone": "UTC"}
        if self.interval_seconds is not None:
            return {"schedule_type": "interval", "interval_seconds": self.interval_seconds}
        return {"schedule_type": "once"}

    def check(self, limits: Limits, now: datetime) -> None:
        """Raise BadPath unless a repeated call keeps the limits of what it calls, and is due at all."""
        if self.kind == "recurrent":
            try:
                cadences.check(cadences.read(self.schedule()), limits, now)
            except BadSchedule as error:
                raise BadPath("bad_schedule", f"_every: {error.message}") from error

    def first_due(self, now: datetime) -> datetime:
        """Return when the first run is due. Raises BadPath for a time that has passed or lies too far ahead."""
        if self.fire_now:
            return now
        if self.cron is not None:
            due = occurrences.next_after(cron.parse(self.cron), ZoneInfo("UTC"), now)
            if due is None:
                raise BadPath("bad_schedule", "_every: This expression names no time that ever comes. Mend its day.")
            return due
        if self.interval_seconds is not None:
            return now + timedelta(seconds=self.interval_seconds)
        if self.delay_seconds is not None:
            return now + timedelta(seconds=self.delay_seconds)
        assert self.at is not None
        if self.at <= now:
            raise BadPath("time_passed", f"_at={self.at.isoformat()} has passed. Give a time that is to come.")
        if self.at > now + timedelta(seconds=MAX_DELAY_SECONDS):
            raise BadPath("time_too_far", f"_at={self.at.isoformat()} is more than a year ahead. Give an earlier time.")
        return self.at


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What all wrappers of a path ask for. fallback, mirror: paths of this gateway, as they were written."""

    log: LogLevel = "none"
    memo: MemoOptions | None = None
    fails_over: bool = False
    fallback: str | None = None
    mirror: str | None = None
    registration: Registration | None = None


NONE = Wrapping()


def read(parsed: ParsedPath) -> Wrapping:
    """Return what a path's wrappers ask for. Control parameters of wrappers that are not there are ignored.

    Raises BadPath.
    """
    wrappers, control = parsed.wrappers, parsed.control
    if not wrappers:
        return NONE
    if "r" in wrappers and "d" in wrappers:
        raise BadPath("wrapper_conflict", "/r/ and /d/ do not go together. Choose a repeated call or a delayed one.")
    return Wrapping(
        log=_log(control) if "l" in wrappers else "none",
        memo=_memo(control) if "m" in wrappers else None,
        fails_over="f" in wrappers,
        fallback=_path(control, "_else") if "f" in wrappers else None,
        mirror=_mirror(control) if "t" in wrappers else None,
        registration=_recurrent(control) if "r" in wrappers else _delayed(control) if "d" in wrappers else None,
    )


def duration(text: str, name: str, *, least: int, most: int) -> int:
    """Return the seconds that `90s`, `10m`, `1h` or `7d` stands for. Raises BadPath."""
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else -1
    if not least <= seconds <= most:
        allowed = f"from {_shown(least)} to {_shown(most)}"
        message = f"{name}={text[:40]!r} is not a duration {allowed}. Write a number and s, m, h or d, such as 10m."
        raise BadPath("bad_duration", message)
    return seconds


def _shown(seconds: int) -> str:
    unit = next(unit for unit, size in reversed(_UNITS.items()) if seconds % size == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def _is_on(control: dict[str, str], name: str) -> bool:
    """Return whether a flag is there. Its presence counts; `=false` and `=0` take it back."""
    return control.get(name, "0").lower() not in {"0", "false", "no"}


def _log(control: dict[str, str]) -> LogLevel:
    return "complete" if _is_on(control, "_complete") else "truncated"


def _memo(control: dict[str, str]) -> MemoOptions:
    ttl = control.get("_ttl")
    seconds = duration(ttl, "_ttl", least=1, most=MAX_TTL_SECONDS) if ttl else DEFAULT_TTL_SECONDS
    return MemoOptions(seconds, renew=_is_on(control, "_renew"))


def _path(control: dict[str, str], name: str) -> str | None:
    written = control.get(name)
    if not written:
        return None
    if "://" in written:
        message = f"{name} is a path of this gateway, such as g/llm, and no address. Make the address a service first."
        raise BadPath("not_a_path", message)
    return written


def _mirror(control: dict[str, str]) -> str:
    written = _path(control, "_to")
    if written is None:
        raise BadPath("parameter_missing", "/t/ needs _to: the path that gets the copy, such as _to=p/<service id>.")
    return written


def _recurrent(control: dict[str, str]) -> Registration:
    every = control.get("_every", "").strip()
    if not every:
        raise BadPath("parameter_missing", "/r/ needs _every: a duration such as 10m, or a cron expression.")
    name, fire_now = _name(control), _is_on(control, "_fire_now")
    if " " not in every:
        seconds = duration(every, "_every", least=MIN_INTERVAL_SECONDS, most=MAX_INTERVAL_SECONDS)
        return Registration("recurrent", interval_seconds=seconds, fire_now=fire_now, name=name)
    try:
        expression = cron.parse(every).text
    except cron.BadCron as error:
        raise BadPath("bad_cron", f"_every: {error.message} Example: */10 * * * *") from error
    return Registration("recurrent", cron=expression, fire_now=fire_now, name=name)


def _delayed(control: dict[str, str]) -> Registration:
    at, delay = control.get("_at", "").strip(), control.get("_in", "").strip()
    if bool(at) == bool(delay):
        message = "/d/ needs exactly one of _in (a duration such as 30s) and _at (a time such as 2030-01-31T08:00:00Z)."
        raise BadPath("parameter_missing", message)
    name = _name(control)
    if delay:
        return Registration("delayed", delay_seconds=duration(delay, "_in", least=1, most=MAX_DELAY_SECONDS), name=name)
    return Registration("delayed", at=_time(at), name=name)


def _name(control: dict[str, str]) -> str:
    name = control.get("_name", "")
    if len(name) > _NAME_LIMIT or not name.isprintable():
        raise BadPath("bad_name", f"_name is at most {_NAME_LIMIT} printable characters.")
    return name


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        message = f"_at={text[:40]!r} is not a time with its offset. Write it as 2030-01-31T08:00:00+01:00 or with Z."
        raise BadPath("bad_time", message)
    return at
