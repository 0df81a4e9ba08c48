"""A call for later: checked now, kept in the control plane, made by the scheduler when it is due."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

import orjson

from domain.routing import recurrence
from domain.routing.grammar import BadPath
from domain.routing.tree import Refused, Register
from gateway.context import RequestContext
from gateway.errors import GatewayError
from gateway.execution.scene import Scene
from gateway.execution.sinks import send_whole
from gateway.steps import resolve_route
from gateway.stores.base import NewSchedule, ScheduleLimit, ScheduleNameTaken
from gateway.upstream import headers as crossing

#: A request that is kept must fit a row.
BODY_LIMIT_BYTES = 256 * 1024
_LEFT_OUT = frozenset(b"accept-encoding user-agent accept".split())


async def run(node: Register, scene: Scene) -> None:
    """Keep the call and answer 202 with its id."""
    ctx, registration = scene.ctx, node.registration
    if isinstance(node.inner, Refused):
        raise resolve_route.refused(node.inner.refusal)
    if len(ctx.body) > BODY_LIMIT_BYTES:
        message = f"The body of a call for later has at most {BODY_LIMIT_BYTES} bytes. Send less, or name a file in it."
        raise GatewayError(413, "body_too_large", message)
    if ctx.token is not None and ctx.token.purpose != "playground":
        message = "A call that the platform makes for you cannot register another. Take /r/ and /d/ out of its path."
        raise GatewayError(422, "cannot_register", message)
    now = datetime.now(UTC)
    try:
        registration.check(recurrence.limits(node.inner), now)
        due_at = registration.first_due(now)
    except BadPath as error:
        raise resolve_route.unreadable(error) from error
    new = _new(node, ctx, due_at)
    try:
        kept = await scene.deps.schedules.register(new)
    except ScheduleNameTaken as error:
        message = f"You have another call named {registration.name!r}. Delete it first, or choose another name."
        raise GatewayError(409, "name_taken", message) from error
    except ScheduleLimit as error:
        message = (
            "You have as many calls for later as an account may have. Delete some under Developer, Scheduled requests."
        )
        raise GatewayError(409, "schedule_limit", message) from error
    body = orjson.dumps(
        {
            "id": kept.id,
            "task_id": kept.id,
            "name": registration.name or None,
            "status": "active" if registration.kind == "recurrent" else "scheduled",
            "schedule": registration.schedule(),
            "fire_at": kept.due_at.isoformat() if kept.due_at else None,
            "request_path": node.path,
            "created": kept.is_new,
        }
    )
    headers = [(b"content-type", b"application/json"), (b"x-request-id", ctx.event_id.encode())]
    await send_whole(scene.client, 202, headers, body)


def _new(node: Register, ctx: RequestContext, due_at: datetime | None) -> NewSchedule:
    assert ctx.key is not None
    registration = node.registration
    # the same filter as towards an upstream: no key, no cookie, nothing about the way here
    kept = [pair for pair in crossing.for_upstream(ctx.headers) if pair[0] not in _LEFT_OUT]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in kept}
    same = orjson.dumps([node.path, ctx.method, headers, registration.schedule()], option=orjson.OPT_SORT_KEYS)
    return NewSchedule(
        id=str(uuid.uuid4()),
        team_id=ctx.key.team_id,
        user_id=ctx.key.user_id,
        api_key_id=ctx.key.id or None,
        kind=registration.kind,
        name=registration.name,
        method=ctx.method,
        path=node.path,
        headers=headers,
        body=ctx.body,
        schedule=registration.schedule(),
        due_at=due_at,
        digest=hashlib.sha256(same + b"\n" + ctx.body).hexdigest(),
    )
