"""Remembered answers: a customer's identical call within the time is answered from memory, at once and for nothing."""

from __future__ import annotations

import asyncio
import time
from hashlib import blake2b

from domain.routing.tree import Memo
from gateway.context import RequestContext
from gateway.exchange import Client
from gateway.execution import keeping
from gateway.execution.scene import Scene, go
from gateway.execution.sinks import Recorder
from gateway.kept import Kept, decode

#: The longest answer that is kept.
LIMIT_BYTES = 2 * 1024 * 1024
#: How long another process that fetches the same answer is waited for, and how often it is looked.
_CLAIM_SECONDS = 120
_LOOK_SECONDS = 0.05
#: Request headers that change what an answer is.
_SELECTED = frozenset(
    b"accept accept-language content-type openai-organization openai-project anthropic-version anthropic-beta".split()
)
#: Of the answer that was kept: they belonged to that call.
_NOT_KEPT = frozenset(
    b"x-request-id x-usvc-cost-estimate x-usvc-cache x-usvc-attempts x-usvc-failed age date server".split()
)
_OF_LIMITS = (b"ratelimit-", b"x-ratelimit-")


def key_of(node: Memo, ctx: RequestContext) -> str:
    """Return the key: the customer, in Redis Cluster's braces, then a hash of what makes the call what it is."""
    assert ctx.key is not None
    selected = sorted(pair for pair in ctx.headers if pair[0] in _SELECTED)
    digest = blake2b(digest_size=24)
    for part in (node.identity.encode(), ctx.method.encode(), *(name + b":" + value for name, value in selected)):
        digest.update(len(part).to_bytes(8, "big") + part)
    digest.update(b"body" + ctx.body)
    return f"{{{ctx.key.team_id}}}:{digest.hexdigest()}"


async def run(node: Memo, scene: Scene) -> None:
    """Answer from memory, or make the call and remember its answer."""
    key = key_of(node, scene.ctx)
    if key in scene.part.remembering:
        await go(node.inner, scene)
        return
    if not node.renew:
        kept = await _stored(key, scene) or await _landed(key, scene)
        if kept is not None:
            await _replay(kept, scene)
            return
    await _lead(key, node, scene)


async def _landed(key: str, scene: Scene) -> Kept | None:
    """Return what a call that is under way brings, None when there is none or it brings nothing to keep.

    One that was given up, as its client left or its time was over, tells nothing: the next one is waited for.
    """
    while (flight := scene.deps.flights.get(key)) is not None:
        await asyncio.wait([flight])
        if not flight.cancelled():
            return flight.result()
    return None


async def _lead(key: str, node: Memo, scene: Scene) -> None:
    """Make the call for everybody in this process who waits for it, once no other process makes it."""
    flights, memos = scene.deps.flights, scene.deps.memos
    flight: asyncio.Future[Kept | None] = asyncio.get_running_loop().create_future()
    leads = flights.setdefault(key, flight) is flight
    token: str | None = ""
    kept: Kept | None = None
    try:
        if leads and not node.renew:
            token, kept = await _claim(key, scene)
            if kept is not None:
                await _replay(kept, scene)
                return
        kept = await _call(key, node, scene)
    except asyncio.CancelledError:
        flight.cancel()
        raise
    finally:
        if leads:
            flights.pop(key, None)
            if kept is None and scene.client.is_gone:
                flight.cancel()
            if not flight.done():
                flight.set_result(kept)
        if token:
            await memos.release(key, token)


async def _claim(key: str, scene: Scene) -> tuple[str, Kept | None]:
    """Return a claim on the key, and what another process has fetched meanwhile."""
    until = time.monotonic() + _CLAIM_SECONDS
    while (token := await scene.deps.memos.claim(key, _CLAIM_SECONDS)) is None and time.monotonic() < until:
        await asyncio.sleep(_LOOK_SECONDS)
        if (kept := await _stored(key, scene)) is not None:
            return "", kept
        if scene.client.is_gone:
            break
    # whoever held the claim until now may have stored the answer after we had looked for it
    return token or "", await _stored(key, scene) if token else None


async def _call(key: str, node: Memo, scene: Scene) -> Kept | None:
    """Make the call and keep its answer, when it is a success and whole."""
    scene.part.notes.append((b"x-usvc-cache", b"renewed" if node.renew else b"miss"))
    recorder = Recorder(scene.client, LIMIT_BYTES)
    scene.part.remembering = (*scene.part.remembering, key)
    await go(node.inner, scene.towards(recorder.client))
    if not (recorder.is_whole and 200 <= recorder.status < 300) or recorder.status == 206:
        return None
    headers = [pair for pair in recorder.headers if _is_kept(pair[0].lower())]
    storable = await keeping.without_secrets(scene, headers, recorder.pieces)
    if storable is None:
        return None
    kept = Kept(recorder.status, *storable, time.time())
    await scene.deps.memos.put(key, kept.encode(), node.ttl_seconds)
    return kept


def _is_kept(name: bytes) -> bool:
    return name not in _NOT_KEPT and not name.startswith(_OF_LIMITS)


async def _stored(key: str, scene: Scene) -> Kept | None:
    """Return what is remembered, None when nothing is, or nothing that can be read."""
    stored = await scene.deps.memos.get(key)
    return None if stored is None else decode(stored)


async def _replay(kept: Kept, scene: Scene) -> None:
    """Send a remembered answer, piece by piece as it came."""
    client: Client = scene.client
    age = str(max(int(time.time() - kept.stored_at), 0)).encode()
    own = [(b"x-request-id", scene.ctx.event_id.encode()), (b"age", age), (b"x-usvc-cache", b"hit")]
    await client.send_head(kept.status, [*kept.headers, *own, *scene.part.attempts()])
    for piece in kept.pieces[:-1]:
        await client.send_body(piece, False)
    await client.send_body(kept.pieces[-1] if kept.pieces else b"", True)
