"""The beginning of a call: what has come in, with its id and its time."""

from __future__ import annotations

import time

from domain.event_ids import new_event_id
from domain.routing.plan import Access
from gateway.context import Headers, RequestContext
from gateway.door.heads import malformed
from gateway.plain.repeats import Repeat


def begun(
    method: str,
    path: str,
    query: str,
    headers: Headers,
    body: bytes,
    *,
    access: Access = "http",
    repeat: Repeat | None = None,
) -> RequestContext:
    """Return the context of a call that begins now."""
    started_ms = time.time_ns() // 1_000_000
    ctx = RequestContext(
        new_event_id(started_ms), method, path, query, headers, body, started_ms, time.monotonic(), access
    )
    ctx.repeat = repeat
    return ctx


def whole(pieces: list[bytes], length: int | None) -> bytes:
    """Return a body. length: as its head says, if it does. Raises GatewayError 400."""
    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if length is not None and length != len(body):
        raise malformed("its body is shorter than its Content-Length")
    return body


def fresh_id() -> str:
    """Return an id of this moment, for what is refused before it is a call."""
    return new_event_id(time.time_ns() // 1_000_000)
