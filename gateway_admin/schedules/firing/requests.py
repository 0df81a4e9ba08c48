"""What a run sends, with whose rights, looked at when it is made; and what its answer means."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.teams import call_tokens
from accounts.teams.call_tokens import TeamClosed
from accounts.teams.permissions import Permission, PermissionDenied, is_allowed
from accounts.users.models import User
from common.errors import DomainError, NotFound
from domain.routing.step_templates import MissingValue
from domain.scheduling import bodies, expectations
from gateway_admin.schedules import queries
from gateway_admin.schedules.firing.http import Answer, NoAnswer
from gateway_admin.schedules.models import Run, RunState, Schedule
from gateway_admin.schedules.services import Ended
from gateway_admin.schedules.services.results import PAUSING, RESPONSE_BYTES

Json = dict[str, Any]
#: Beyond the time that a call may take, so long is its token good.
_SPARE = timedelta(seconds=60)
#: What is known of a refusal by which nothing was sent: the run is tried again.
_NOTHING_WAS_SENT = {"temporarily_unavailable", "limits_unavailable"}
_RETRIES, _LONGEST_WAIT = 8, timedelta(seconds=60)
_KEPT_OF_SENT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Firing:
    """An attempt that can be made. sent: what is kept of the request; due_at: of the run."""

    run_id: UUID
    attempt: int
    due_at: datetime
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_seconds: int
    sent: Json
    expected_status: str
    expected_body: str
    match: expectations.Match


class Refused(Exception):
    """The run is not made."""

    def __init__(self, code: str, message: str, state: str = RunState.REFUSED) -> None:
        self.code, self.message, self.state = code, message, state
        super().__init__(message)


def prepare(run_ids: Sequence[UUID], *, now: datetime) -> tuple[list[Firing], list[Ended]]:
    """Return what is to be sent for runs that have begun, and how those ended that are not made."""
    runs = Run.objects.filter(id__in=run_ids).select_related(
        "schedule__team", "schedule__created_by", "schedule__api_key", "asked_by"
    )
    firings, ended = [], []
    for run in runs:
        try:
            firings.append(_firing(run, now))
        except Refused as refused:
            code, message = refused.code, refused.message
            ended.append(Ended(run.id, run.attempt, refused.state, now, error_code=code, error=message))
    return firings, ended


def _firing(run: Run, now: datetime) -> Firing:
    schedule = run.schedule
    token = _token(run, now)
    kept = run.sent if run.kind == Run.Kind.REPLAY else None
    request = kept if kept and not kept.get("is_cut") else _request(run)
    text = str(request.get("body") or "")
    body = base64.b64decode(text) if request.get("is_binary") else text.encode()
    if len(body) > bodies.LIMIT_BYTES:
        raise Refused("body_too_large", f"The body has more than {bodies.LIMIT_BYTES // 1024} KiB.", RunState.FAILED)
    headers = {**request["headers"], "idempotency-key": str(run.id), "authorization": f"Bearer {token}"}
    if body and "content-type" not in headers:
        headers["content-type"] = "application/json"
    return Firing(
        run_id=run.id,
        attempt=run.attempt,
        due_at=run.due_at,
        method=request["method"],
        path=request["path"],
        headers=tuple(headers.items()),
        body=body,
        timeout_seconds=schedule.timeout_seconds,
        sent=request if len(body) <= _KEPT_OF_SENT else {**request, "body": None, "is_cut": True},
        expected_status=schedule.expected_status,
        expected_body=schedule.expected_body,
        match=schedule.match,  # type: ignore[arg-type]  # a choice
    )


def _token(run: Run, now: datetime) -> str:
    """Return a call token with the rights of this moment. Raises: Refused."""
    schedule = run.schedule
    user: User | None = run.asked_by or schedule.created_by
    key = schedule.api_key if run.asked_by is None else None
    if key is not None and not key.is_live(now):
        raise Refused("key_revoked", PAUSING["key_revoked"])
    if key is not None and not is_allowed(key.role, Permission.CALL):
        raise Refused("permission_denied", PAUSING["permission_denied"])
    if user is None and key is None:
        raise Refused("owner_left", PAUSING["owner_left"])
    try:
        return call_tokens.issue(
            team=schedule.team,
            user=user,
            purpose="schedule",
            reference=run.id,
            now=now,
            lifetime=timedelta(seconds=schedule.timeout_seconds) + _SPARE,
        )
    except NotFound as error:
        raise Refused("owner_left", PAUSING["owner_left"]) from error
    except (TeamClosed, PermissionDenied) as error:
        raise Refused(error.code, PAUSING.get(error.code, error.message)) from error
    except DomainError as error:
        raise Refused(error.code, error.message) from error


def _request(run: Run) -> Json:
    schedule = run.schedule
    body, is_binary = "", False
    if schedule.body_template is not None:
        body = _rendered(run, schedule)
    elif raw := bytes(schedule.body):
        body, is_binary = _as_text(raw)
    request = {"method": schedule.method, "path": schedule.path, "headers": schedule.headers, "body": body}
    return {**request, "is_binary": True} if is_binary else request


def _as_text(raw: bytes) -> tuple[str, bool]:
    """Return a body as JSON can hold it, and whether that is base 64."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = "\0"
    return (base64.b64encode(raw).decode(), True) if "\0" in text else (text, False)


def _rendered(run: Run, schedule: Schedule) -> str:
    template = schedule.body_template
    zone = ZoneInfo((schedule.schedule or {}).get("timezone") or "UTC")
    values: Json = {
        "run": bodies.run_values(str(run.id), run.due_at, zone),
        "schedule": {"id": str(schedule.pk), "name": schedule.name, "timezone": zone.key},
    }
    if bodies.reads_previous(template):
        before = queries.last_answered(schedule, before=run.due_at)
        if before is not None and before.status is not None:
            answer = bytes(before.response_body or b"")
            values["previous"] = bodies.previous_values(before.status, answer, before.due_at)
    try:
        return bodies.render(template, values).decode()
    except MissingValue as error:
        message = f"The body names {error.name}, which is not there. Mend the template, or run it once without."
        raise Refused("value_missing", message, RunState.FAILED) from error


def judge(firing: Firing, answer: Answer | NoAnswer, *, now: datetime) -> Ended:
    """Return what an attempt came to."""
    if isinstance(answer, NoAnswer):
        return _unanswered(firing, answer, now)
    if answer.is_gateways_own:
        return _refused(firing, answer, now)
    body = answer.body[:RESPONSE_BYTES]
    checks = expectations.checks(
        status=answer.status,
        body=answer.body,
        is_whole=answer.size == len(answer.body),
        expected_status=firing.expected_status,
        expected_body=firing.expected_body,
        match=firing.match,
    )
    failed = [check for check in checks if not check.ok]
    return Ended(
        firing.run_id,
        firing.attempt,
        RunState.FAILED if failed else RunState.DONE,
        now,
        request_id=answer.request_id,
        status=answer.status,
        sent=firing.sent,
        headers=answer.kept_headers(),
        body=body,
        size=answer.size,
        checks=[check.to_json() for check in checks],
        error_code="unexpected_answer" if failed else "",
        error=_difference(failed[0]) if failed else "",
    )


def _difference(check: expectations.Check) -> str:
    if check.what == "status":
        return f"The status was {check.got}; expected was {check.expected}."
    return "The answer's body is not as expected."


def _unanswered(firing: Firing, answer: NoAnswer, now: datetime) -> Ended:
    if not answer.was_sent and (again := _again(firing, "gateway_away", answer.message, now)):
        return again
    return Ended(
        firing.run_id,
        firing.attempt,
        RunState.FAILED,
        now,
        sent=firing.sent,
        headers={},
        error_code=answer.code,
        error=answer.message,
    )


def _refused(firing: Firing, answer: Answer, now: datetime) -> Ended:
    """Return what a refusal of the gateway comes to: its own words, and another attempt when nothing was sent."""
    code, message = _said(answer)
    if code in _NOTHING_WAS_SENT and (again := _again(firing, code, message, now)):
        return again
    return Ended(
        firing.run_id,
        firing.attempt,
        RunState.REFUSED if answer.status < 500 else RunState.FAILED,
        now,
        request_id=answer.request_id,
        status=answer.status,
        sent=firing.sent,
        headers=answer.kept_headers(),
        body=answer.body[:RESPONSE_BYTES],
        size=answer.size,
        error_code=code,
        error=message,
    )


def _again(firing: Firing, code: str, message: str, now: datetime) -> Ended | None:
    """Return another attempt a little later, while there are any left."""
    if firing.attempt > _RETRIES:
        return None
    wait = min(timedelta(seconds=2 ** (firing.attempt - 1)), _LONGEST_WAIT)
    return Ended(
        firing.run_id, firing.attempt, RunState.PENDING, now, error_code=code, error=message, not_before=now + wait
    )


def _said(answer: Answer) -> tuple[str, str]:
    try:
        error = json.loads(answer.body)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return f"status_{answer.status}", f"The gateway refused the call with status {answer.status}."
