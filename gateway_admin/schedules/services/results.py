"""What came of runs: kept, counted, told, and what follows for their schedules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from gateway_admin.schedules.models import FAILURES, Run, RunState, Schedule

Json = dict[str, Any]
#: So much of an answer is kept.
RESPONSE_BYTES = 64 * 1024
#: Refusals that no later run would escape: the schedule pauses at the first.
PAUSING = {
    "insufficient_funds": "The wallet has too little money. Top up, then resume.",
    "wallet_missing": "There is no wallet in the currency of the service. Open one, then resume.",
    "budget_spent": "The money set aside for its runs is spent.",
    "owner_left": "Whoever it runs for has left the team. Resume it to let it run with your rights.",
    "key_revoked": "The API key that it was made with is revoked or expired. Resume it to let it run with your rights.",
    "permission_denied": "The role of whoever it runs for may not make calls any more. Resume it with yours.",
    "account_closed": "The account may not make calls. Write to support.",
}
_UNKNOWN = (
    "The process that made the call ended before it was told the answer. The request may have arrived or not. "
    "It is not sent again, because its method may change something."
)
_END = """
UPDATE schedules_run SET state = %(state)s, finished_at = %(finished_at)s, request_id = %(request_id)s,
  status = %(status)s, sent = %(sent)s, response_headers = %(headers)s, response_body = %(body)s,
  response_size = %(size)s, checks = %(checks)s, error_code = %(error_code)s, error = %(error)s, lease_until = NULL
WHERE id = %(run_id)s AND attempt = %(attempt)s AND (state = 'unknown' OR state = 'started' AND worker = %(worker)s)
RETURNING schedule_id, due_at, kind
"""
_AGAIN = """
UPDATE schedules_run SET state = 'pending', not_before = %(not_before)s, error_code = %(error_code)s, error = %(error)s,
  lease_until = NULL, worker = ''
WHERE id = %(run_id)s AND attempt = %(attempt)s AND state = 'started' AND worker = %(worker)s
"""
_COUNT = """
UPDATE schedules_schedule AS s
SET failures = ended.failures, last_run_at = ended.at, last_state = ended.state
FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[]) AS ended(id, failures, at, state)
WHERE s.id = ended.id
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of one attempt. state: of the run. not_before: when it is tried again, with the state "pending"."""

    run_id: UUID
    attempt: int
    state: str
    finished_at: datetime
    request_id: UUID | None = None
    status: int | None = None
    sent: Json | None = None
    headers: Json | None = None
    body: bytes | None = None
    size: int | None = None
    checks: list[Json] = field(default_factory=list)
    error_code: str = ""
    error: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A run that ended and counts for its schedule."""

    schedule_id: UUID
    due_at: datetime
    state: str
    error_code: str = ""
    error: str = ""


@transaction.atomic
def keep(ended: Sequence[Ended], *, worker: str, now: datetime) -> int:
    """Write down what came of attempts. Returns how many counted.

    What a process says of a run that others have taken up meanwhile is not heard, unless nobody knew better.
    """
    counted: list[Counted] = []
    again = [each.run_id for each in ended if each.state == RunState.PENDING]
    with connection.cursor() as cursor:
        for each in ended:
            if each.state == RunState.PENDING:
                cursor.execute(_AGAIN, _facts(each, worker))
                continue
            cursor.execute(_END, _facts(each, worker))
            row = cursor.fetchone()
            if row is not None and row[2] == Run.Kind.DUE:
                counted.append(Counted(row[0], row[1], each.state, each.error_code, each.error))
    _follow(counted, now)
    call_off(again, now=now)
    return len(counted)


def call_off(run_ids: Sequence[UUID], *, now: datetime) -> None:
    """Cancel those of runs that wait for another attempt whose schedule has been paused or cancelled meanwhile."""
    if not run_ids:
        return
    waiting = Run.objects.filter(id__in=run_ids, state=RunState.PENDING, kind=Run.Kind.DUE)
    # locked whatever their state: one that is just being paused does not see these runs waiting
    rows = Schedule.objects.select_for_update(of=("self",)).filter(pk__in=waiting.values("schedule")).order_by("pk")
    idle = [row.pk for row in rows.only("state") if row.state != Schedule.State.ACTIVE]
    why = "The schedule ended before the run was made again."
    waiting.filter(schedule__in=idle).update(state=RunState.CANCELLED, finished_at=now, error=why)


def lose(runs: Sequence[Run], *, now: datetime) -> None:
    """Write down that nobody will learn what came of runs."""
    Run.objects.filter(id__in=[run.id for run in runs]).update(
        state=RunState.UNKNOWN, finished_at=now, lease_until=None, error_code="lost", error=_UNKNOWN
    )
    due = [run for run in runs if run.kind == Run.Kind.DUE]
    _follow([Counted(run.schedule_id, run.due_at, RunState.UNKNOWN, "lost", _UNKNOWN) for run in due], now)


def _facts(each: Ended, worker: str) -> Json:
    return {
        "run_id": each.run_id,
        "attempt": each.attempt,
        "worker": worker,
        "state": str(each.state),
        "finished_at": each.finished_at,
        "request_id": each.request_id,
        "status": each.status,
        "sent": Jsonb(each.sent) if each.sent is not None else None,
        "headers": Jsonb(each.headers) if each.headers is not None else None,
        "body": each.body,
        "size": each.size,
        "checks": Jsonb(each.checks),
        "error_code": each.error_code[:64],
        "error": each.error,
        "not_before": each.not_before,
    }


def _follow(counted: Iterable[Counted], now: datetime) -> None:
    """Count streaks, pause what does not get better, and end what is made once."""
    by_schedule: dict[UUID, list[Counted]] = {}
    for each in counted:
        by_schedule.setdefault(each.schedule_id, []).append(each)
    if not by_schedule:
        return
    rows = (
        Schedule.objects.select_for_update(of=("self",))
        .filter(pk__in=by_schedule)
        .only("id", "kind", "state", "failures", "notify_after", "pause_after", "notice", "due_at", "is_notice")
        .order_by("pk")
    )
    tallies = []
    for row in rows:
        ends = sorted(by_schedule[row.pk], key=lambda end: end.due_at)
        is_reached = False
        for end in ends:
            row.failures = row.failures + 1 if end.state in FAILURES else 0
            is_reached = row.failures > 0 and (is_reached or row.failures == row.notify_after)
        _draw_conclusions(row, ends[-1], now, is_reached=is_reached)
        tallies.append((row.pk, row.failures, now, str(ends[-1].state)))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(column) for column in zip(*tallies, strict=True)])


def _draw_conclusions(row: Schedule, last: Counted, now: datetime, *, is_reached: bool) -> None:
    if not row.is_recurrent:
        if row.state == Schedule.State.ACTIVE:
            row.state = Schedule.State.DONE
        row.notice = "failing" if last.state in FAILURES and not row.is_notice else ""
        row.save(update_fields=["state", "notice"])
    elif row.state == Schedule.State.ACTIVE and (reason := _why_to_pause(row, last)):
        row.state, row.due_at, row.pause_reason, row.notice = Schedule.State.PAUSED, None, reason, "paused"
        row.save(update_fields=["state", "due_at", "pause_reason", "notice"])
        waiting = Run.objects.filter(schedule=row, state=RunState.PENDING, kind=Run.Kind.DUE)
        waiting.update(state=RunState.CANCELLED, finished_at=now, error="The schedule paused before the run began.")
    elif is_reached:
        row.notice = "failing"
        row.save(update_fields=["notice"])


def _why_to_pause(row: Schedule, last: Counted) -> str:
    if last.error_code in PAUSING and last.state == RunState.REFUSED:
        return PAUSING[last.error_code]
    if row.failures >= row.pause_after:
        return f"{row.failures} runs in a row failed. Mend what is wrong, then resume."
    return ""
