"""Judging an answer by the rules of its channel, before any of it is sent. A failure is not charged."""

from __future__ import annotations

import orjson

from domain.response_rules import ResponseRules, Verdict
from domain.scrubbing import scrub
from gateway.compiled import CompiledChannel
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.secrets import SecretUnreadable
from gateway.stores.base import StoreUnavailable
from gateway.upstream.response import UpstreamResponse

#: The longest answer whose body is looked at; of a stream, its first event.
WHOLE_BYTES = 8 * 1024 * 1024
EVENT_BYTES = 64 * 1024


def rules_of(channel: CompiledChannel | None) -> ResponseRules | None:
    """Return the rules of a channel, None for none."""
    return channel.shaping.rules if channel is not None and channel.shaping is not None else None


async def judge(response: UpstreamResponse, rules: ResponseRules, *, is_stream: bool) -> Verdict | None:
    """Look at an answer, and leave it to be read from its beginning; None when it is well. Raises UpstreamError.

    One that is a failure has the status of one afterwards. A body that is too long is not looked at.
    """
    if response.status >= 400:
        return None
    body: bytes | None = None
    if rules.read_body:
        body = await (_first_event(response) if is_stream else _whole(response))
    return check(response, rules, body)


def check(response: UpstreamResponse, rules: ResponseRules, body: bytes | None) -> Verdict | None:
    """Return why the answer is a failure, if it is one. body: None when it is not known."""
    facts = {"status": response.status, "headers": _named(response.headers), "body": _read(body)}
    verdict = rules.verdict(facts, has_body=body is not None)
    if verdict is not None:
        response.status = verdict.status
    return verdict


async def refusal(verdict: Verdict, ctx: RequestContext, deps: Deps) -> GatewayError:
    """Return what the caller is told: the rule's words, without the secrets that the upstream may have repeated."""
    try:
        values = [await deps.secrets.value(team_id, name) for team_id, name in ctx.secrets_used]
        message = scrub(verdict.message.encode(), [value.text for value in values if value is not None]).decode()
    except (StoreUnavailable, SecretUnreadable):
        message = f"The service's answer is a failure by its rule '{verdict.rule}'."
    error = GatewayError(502, "failed_by_rule", f"{message} Nothing was charged.")
    error.status = verdict.status  # 502 unless the rule says another one
    return error


async def _whole(response: UpstreamResponse) -> bytes | None:
    """Return the body, None when it is too long."""
    pieces: list[bytes] = []
    while response.received_bytes <= WHOLE_BYTES and (piece := await response.next_chunk()):
        pieces.append(piece)
    body = b"".join(pieces)
    response.put_back(body)
    return body if response.received_bytes <= WHOLE_BYTES else None


async def _first_event(response: UpstreamResponse) -> bytes | None:
    """Return what the first event with data says, nothing when there is none, None when it is too long."""
    held = b""
    while (said := _data(held)) is None and len(held) <= EVENT_BYTES and (piece := await response.next_chunk()):
        held += piece
    response.put_back(held)
    return b"" if said is None and len(held) <= EVENT_BYTES else said


def _data(held: bytes) -> bytes | None:
    """Return the data of the first whole event that has some."""
    text = held.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for event in text.split(b"\n\n")[:-1]:
        lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
        if lines:
            return b"\n".join(lines)
    return None


def _named(headers: Headers) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reversed(headers)}


def _read(body: bytes | None) -> object:
    """Return a body as JSON, else as text."""
    if body is None:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
