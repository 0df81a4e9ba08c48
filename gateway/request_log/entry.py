"""The record of one call as its customer's log gets it: JSON without a secret in it, and the bodies beside it."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from domain.request_logs import COMPLETE_BYTES, TRUNCATED_BYTES, shown_headers, source_of, without_keys
from domain.routing.leaves import only_service
from domain.routing.matching import routing_key_of
from domain.scrubbing import scrub, scrub_beginning
from domain.usage import LogLevel
from gateway.context import Headers, RequestContext
from gateway.errors import GatewayError
from gateway.request_log.asking import session_of
from gateway.request_log.trail import Trail
from gateway.steps.authenticate import presented_key

_PATH_LENGTH, _QUERY_LENGTH, _MESSAGE_LENGTH = 500, 4000, 500
#: Of a body, in one record of the spool.
_PART_BYTES = 45_000
_NOT_READABLE = "It is encoded in a way that the gateway does not read, so nobody can tell whether a secret is in it."
_NOT_CLEARED = "A secret of the call could not be read, so nobody can tell whether it is in the answer."


@dataclass(frozen=True, slots=True)
class KeptBody:
    """text: what is kept; size: of the whole body; is_cut: there was more; why_not: why nothing is kept."""

    text: bytes
    size: int
    is_cut: bool
    why_not: str = ""


def records(
    ctx: RequestContext, refusal: GatewayError | None, *, ended: float, gateway_id: str
) -> Iterator[tuple[str, bytes]]:
    """Yield (name, JSON) of all that is kept of a call: parts of large bodies, then the call. ended: monotonic."""
    trail = ctx.trail
    latency_ms = round((ended - ctx.started) * 1000, 3)
    known = {**_who(ctx), **_what(ctx, refusal), "latency_ms": latency_ms, "gateway_id": gateway_id}
    if trail is not None:
        known |= _course(ctx, trail, refusal)
        if trail.level != "none":
            yield from _with_bodies(ctx, trail, known)
            return
    yield ctx.event_id, orjson.dumps(known)


def _who(ctx: RequestContext) -> dict[str, Any]:
    assert ctx.key is not None
    token = ctx.token
    return {
        "id": ctx.event_id,
        "team_id": ctx.key.team_id,
        "api_key_id": ctx.key.id or None,
        "user_id": token.user_id if token is not None else None,
        "origin": token.purpose if token is not None else "call",
        "origin_id": token.reference if token is not None else None,
        "session": session_of(ctx),
    }


def _what(ctx: RequestContext, refusal: GatewayError | None) -> dict[str, Any]:
    parsed, call = ctx.parsed, ctx.plan or only_service(ctx.tree)
    named = parsed is not None and parsed.target not in "pe"
    seen = ctx.trail.status if ctx.trail is not None else 0
    status = seen or (refusal.status if refusal is not None else 0)
    what: dict[str, Any] = {
        "method": ctx.method,
        "path": without_keys(ctx.path.encode("latin-1", "replace")).decode("latin-1")[:_PATH_LENGTH],
        "alias": f"{parsed.target}/{parsed.segments[0]}"[:80] if parsed is not None and named else "",
        "routing_key": routing_key_of(ctx.body_json),
        "service_id": call.service.id if call is not None else None,
        "enrollment_id": call.enrollment.id if call is not None and call.enrollment is not None else None,
        "channel": call.channel.name if call is not None else "",
        "status": status,
        "request_bytes": len(ctx.body),
    }
    if refusal is not None and not seen:
        what |= {
            "error_source": source_of(refusal.status, refusal.code),
            "error_type": refusal.code,
            "error_message": without_keys(refusal.message.encode()).decode()[:_MESSAGE_LENGTH],
        }
    return what


def _course(ctx: RequestContext, trail: Trail, refusal: GatewayError | None) -> dict[str, Any]:
    """Return how the answer came about, as its own headers tell."""
    told = {name.lower(): value.decode("latin-1") for name, value in trail.headers}
    if refusal is not None and ctx.part is not None:
        told |= {name: value.decode("latin-1") for name, value in ctx.part.headers()}
    stages = {
        word: told[header]
        for word, header in (("group", b"x-usvc-group"), ("failed", b"x-usvc-failed"), ("way", b"x-usvc-way"))
        if header in told
    }
    if ctx.parsed is not None and "t" in ctx.parsed.wrappers:
        stages["copied"] = "yes"
    if (answered_by := told.get(b"x-request-id", ctx.event_id)) != ctx.event_id:
        stages["answered_by"] = answered_by
    length = told.get(b"content-length", "")
    return {
        "ttfb_ms": round((trail.head_at - ctx.started) * 1000, 3) if trail.head_at else None,
        "memo": told.get(b"x-usvc-cache", ""),
        "memo_age_seconds": int(age) if (age := told.get(b"age", "")).isdecimal() and len(age) < 9 else None,
        "stages": stages,
        "response_bytes": trail.size or (int(length) if length.isdecimal() and len(length) < 16 else 0),
        "log": trail.level,
    }


def _with_bodies(ctx: RequestContext, trail: Trail, known: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    secrets = (*trail.secrets, *([key] if (key := presented_key(ctx)) else ()))
    asked = _kept(ctx.headers, [ctx.body], len(ctx.body), trail.level, secrets)
    if trail.are_secrets_known:
        answered = _kept(trail.headers, trail.pieces, trail.size, trail.level, secrets)
        headers = shown_headers(trail.headers, secrets)
    else:
        answered, headers = KeptBody(b"", trail.size, is_cut=False, why_not=_NOT_CLEARED), {}
    query = without_keys(scrub(ctx.query.encode("latin-1", "replace"), secrets)).decode("latin-1")
    kept: dict[str, Any] = {
        "query": query[:_QUERY_LENGTH],
        "request_headers": shown_headers(ctx.headers, secrets),
        "response_headers": headers,
    }
    for side, body in (("request", asked), ("response", answered)):
        parts = _parts(body.text) if len(body.text) > TRUNCATED_BYTES else []
        for number, part in enumerate(parts):
            record = {"log_id": ctx.event_id, "side": side, "number": number, "bytes": base64.b64encode(part).decode()}
            yield f"{ctx.event_id}.{side[:3]}{number}", orjson.dumps(record)
        kept[side] = {
            "bytes": "" if parts else base64.b64encode(body.text).decode(),
            "parts": len(parts),
            "size": body.size,
            "is_cut": body.is_cut,
            "why_not": body.why_not,
        }
    yield ctx.event_id, orjson.dumps({**known, "kept": kept})


def _parts(text: bytes) -> list[bytes]:
    return [text[at : at + _PART_BYTES] for at in range(0, len(text), _PART_BYTES)]


def _kept(headers: Headers, pieces: list[bytes], size: int, level: LogLevel, secrets: tuple[str, ...]) -> KeptBody:
    """Return a body as it may be kept: readable, without secrets, and cut last of all."""
    held = b"".join(pieces)[:COMPLETE_BYTES]
    is_cut = len(held) < size
    coding = next((value for name, value in headers if name.lower() == b"content-encoding"), b"identity")
    readable = _readable(held, coding.strip().lower())
    if readable is None:
        return KeptBody(b"", size, is_cut=False, why_not=_NOT_READABLE)
    text, goes_on = readable
    is_cut = is_cut or goes_on
    text = without_keys(scrub_beginning(text, secrets) if is_cut else scrub(text, secrets))
    limit = TRUNCATED_BYTES if level == "truncated" else COMPLETE_BYTES
    return KeptBody(text[:limit], size, is_cut or len(text) > limit)


def _readable(body: bytes, coding: bytes) -> tuple[bytes, bool] | None:
    """Return a body without its content coding, and whether it goes on; None for a coding that is not known."""
    if coding in (b"identity", b"") or not body:
        return body, False
    if coding not in (b"gzip", b"x-gzip", b"deflate"):
        return None
    try:
        unpacker = zlib.decompressobj(wbits=47)  # either format, by its first bytes
        text = unpacker.decompress(body, COMPLETE_BYTES)
    except zlib.error:
        return None
    return text, not unpacker.eof
