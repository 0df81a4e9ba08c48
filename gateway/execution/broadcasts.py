"""One request to several targets beside each other: an envelope with an entry for each, or a task for each."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Sequence
from typing import Any

import orjson

from domain.routing.tree import Broadcast, Result, Target
from gateway.errors import GatewayError
from gateway.execution import keeping
from gateway.execution.purse import Purse
from gateway.execution.scene import Scene, go, reserve, reserved
from gateway.execution.sinks import Collector, Rejected, discard, send_whole, several
from gateway.spool.errors import SpoolError
from gateway.stores.base import StoreUnavailable
from gateway.upstream.errors import UpstreamError

Json = dict[str, Any]
_JSON = (b"content-type", b"application/json")
#: Headers of a target's answer that its entry shows.
_SHOWN = frozenset(
    b"content-type content-language retry-after x-usvc-service x-usvc-channel x-usvc-enrollment x-usvc-group "
    b"x-usvc-cache x-usvc-attempts x-usvc-failed x-usvc-way".split()
)
_SHOWN_PREFIXES = (b"x-ratelimit-", b"ratelimit-")


async def run(node: Broadcast, scene: Scene) -> None:
    """Call every target; answer with the envelope, or at once with the ids of the tasks."""
    if node.is_async:
        await _begin(node, scene)
        return
    async with reserved(node, scene):
        entries = await _all(node, scene)
    succeeded = sum(1 for entry in entries if entry["ok"])
    envelope = {
        "broadcast": node.name,
        "mode": "sync",
        "policy": {
            "kind": node.policy,
            "needed": node.needed,
            "succeeded": succeeded,
            "met": succeeded >= node.needed,
        },
        "results": entries,
    }
    # 424: not the call failed but what it depends on; what did answer is in the envelope all the same
    status = 200 if succeeded >= node.needed else 424
    await send_whole(scene.client, status, [_JSON, *_own(scene)], orjson.dumps(envelope))


async def result(node: Result, scene: Scene) -> None:
    """Answer with what became of a task. Raises GatewayError 404."""
    assert scene.ctx.key is not None
    task = await scene.deps.tasks.get(team_id=scene.ctx.key.team_id, task_id=node.task_id)
    if task is None:
        message = "There is no such task, or its answer is no longer kept. Answers are kept for a week."
        raise GatewayError(404, "task_not_found", message)
    status = 200 if task["status"] == "done" else 202
    await send_whole(scene.client, status, [_JSON, *_own(scene)], orjson.dumps(task))


async def _all(node: Broadcast, scene: Scene) -> list[Json]:
    """Call the targets beside each other. A client that leaves ends all of them."""
    collectors = [Collector() for _ in node.targets]
    clients = [collector.client() for collector in collectors]
    several(scene.client, clients)
    beside = [scene.beside("broadcast", client) for client in clients]
    calls = [_one(*each) for each in zip(node.targets, beside, collectors, strict=True)]
    return list(await asyncio.gather(*calls))


async def _one(target: Target, scene: Scene, collector: Collector, *, is_kept: bool = False) -> Json:
    """Call one target and return its entry. Nothing of it is an error of the broadcast's. is_kept: it is stored."""
    began = time.monotonic()
    error: Json | None = None
    try:
        async with asyncio.timeout(target.timeout_ms / 1000):
            await go(target.node, scene)
    except TimeoutError:
        error = _error(504, "target_timeout", f"{target.name} did not answer within {target.timeout_ms} ms.")
    except GatewayError as refusal:
        error = _error(refusal.status, refusal.code, refusal.message)
    except (UpstreamError, Rejected):
        error = _error(502, "upstream_failed", f"{target.name} did not answer to the end.")
    except (StoreUnavailable, SpoolError):
        error = _error(503, "temporarily_unavailable", "The gateway cannot reach its books now. Call again shortly.")
    if is_kept:
        storable = await keeping.without_secrets(scene, collector.headers, collector.pieces, is_cut=collector.is_cut)
        collector.headers, collector.pieces = storable or ([], [])
    status = error["status_code"] if error else collector.status
    return {
        "name": target.name,
        "ok": error is None and 0 < status < 400,
        "status_code": status,
        "headers": _headers(collector),
        **_body(collector),
        "error": {name: error[name] for name in ("code", "message")} if error else None,
        "cost": {currency: format(amount, "f") for currency, amount in scene.part.charged.items()},
        "time_ms": round((time.monotonic() - began) * 1000, 1),
        "request_id": scene.ctx.event_id,
    }


async def _begin(node: Broadcast, scene: Scene) -> None:
    """Set the money aside, note the tasks, answer 202 and let them run."""
    assert scene.ctx.key is not None
    tasks = [(str(uuid.uuid4()), target.name) for target in node.targets]
    purse = await reserve(node, scene)
    try:
        await scene.deps.tasks.start(team_id=scene.ctx.key.team_id, broadcast=node.name, tasks=tasks)
        apart = scene.beside("broadcast", discard(), apart=True)
        apart.part.purse = purse
        if not scene.deps.background.offer(lambda: _finish(node, apart, tasks, purse), len(scene.ctx.body)):
            message = "The gateway has too much to do in the background now. Call again in a few seconds."
            raise GatewayError(503, "too_busy", message, retry_after_seconds=5)
    except BaseException:
        if purse is not None:
            purse.close()
        raise
    told = [{"name": name, "task_id": task_id} for task_id, name in tasks]
    body = orjson.dumps({"broadcast": node.name, "mode": "async", "tasks": told})
    await send_whole(scene.client, 202, [_JSON, *_own(scene)], body)


async def _finish(node: Broadcast, scene: Scene, tasks: Sequence[tuple[str, str]], purse: Purse | None) -> None:
    try:
        collectors = [Collector() for _ in node.targets]
        each = zip(tasks, node.targets, collectors, strict=True)
        await asyncio.gather(*(_keep(task_id, target, kept, scene) for (task_id, _), target, kept in each))
    finally:
        if purse is not None:
            purse.close()


async def _keep(task_id: str, target: Target, collector: Collector, scene: Scene) -> None:
    beside = scene.beside("broadcast", collector.client())
    entry = await _one(target, beside, collector, is_kept=True)
    for pause in (0.5, 2.0, 8.0, None):
        try:
            await scene.deps.tasks.finish(task_id=task_id, answer=entry)
            return
        except StoreUnavailable:
            if pause is None:
                raise
            await asyncio.sleep(pause)


def _own(scene: Scene) -> list[tuple[bytes, bytes]]:
    return [(b"x-request-id", scene.ctx.event_id.encode()), *scene.part.headers()]


def _error(status: int, code: str, message: str) -> Json:
    return {"status_code": status, "code": code, "message": message}


def _headers(collector: Collector) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in collector.headers
        if name.lower() in _SHOWN or name.lower().startswith(_SHOWN_PREFIXES)
    }


def _body(collector: Collector) -> Json:
    """Return the body as JSON where it can be shown so, else as text, else in base 64, and whether that is all."""
    body, cut = collector.body, {"truncated": True} if collector.is_cut else {}
    if not body:
        return {"body": None, "body_encoding": "none"}
    if b"json" in collector.header(b"content-type") and not collector.is_cut:
        try:
            value = orjson.loads(body)
            orjson.dumps([[[[value]]]])  # as deep as it will stand: more levels can be read than written
            return {"body": value, "body_encoding": "json"}
        except (orjson.JSONDecodeError, TypeError):
            pass
    try:
        return {"body": body.decode(), "body_encoding": "text", **cut}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "body_encoding": "base64", **cut}
