"""Which due times are fired, which were missed, and what is due next. Source: docs/schedules.md, "Missed times"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.scheduling.cadences import Cadence

Kind = Literal["skip", "latest", "all"]
#: What is no later than this is not missed: it is late.
GRACE = timedelta(seconds=60)
#: So many missed times are fired at most, the most recent ones.
MOST_CAUGHT_UP = 100
#: So many missed times are counted at most.
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch of due times that are not fired. count: how many, MOST_COUNTED for that many or more."""

    first: datetime
    last: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """on_time: what is fired as usual. caught_up: missed times that are fired after all. next: what follows."""

    on_time: tuple[datetime, ...]
    caught_up: tuple[datetime, ...]
    missed: Missed | None
    next: datetime | None

    @property
    def fired(self) -> tuple[datetime, ...]:
        return (*self.caught_up, *self.on_time)


def plan(cadence: Cadence, due: datetime, now: datetime, *, kind: Kind, max_age: timedelta) -> Plan:
    """Return what becomes of all times from `due` to `now`.

    kind: of what was missed, "skip" nothing, "latest" the most recent time if nothing else is due, "all" up to 100
    times. max_age: older ones are not caught up.
    """
    passed: list[datetime] = []
    uncounted = due
    count = 0
    following: datetime | None = due
    while following is not None and following <= now:
        passed.append(following)
        count += 1
        if count == MOST_COUNTED:  # a long time has passed: only the end of it matters
            following = cadence.next_after(following, max(following, now - max(max_age, GRACE)))
        else:
            following = cadence.next_after(following, following)
    on_time = tuple(each for each in passed if now - each <= GRACE)
    late = [each for each in passed if now - each > GRACE]
    caught_up = _caught_up(late, now, kind, max_age, bool(on_time))
    dropped = [each for each in late if each not in set(caught_up)]
    missed = Missed(uncounted, dropped[-1], min(len(dropped), MOST_COUNTED)) if dropped else None
    return Plan(on_time, caught_up, missed, following)


def _caught_up(
    late: list[datetime], now: datetime, kind: Kind, max_age: timedelta, something_is_due: bool
) -> tuple[datetime, ...]:
    young = [each for each in late if now - each <= max_age]
    if kind == "all":
        return tuple(young[-MOST_CAUGHT_UP:])
    if kind == "latest" and not something_is_due:
        return tuple(young[-1:])
    return ()
