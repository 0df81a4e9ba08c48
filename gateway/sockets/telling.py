"""How a WebSocket ends: what the books say of it, and the last words to both sides."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from domain.usage import Outcome
from gateway.live.course import Ended, Why
from gateway.sockets.frames import Close, close_frame
from gateway.sockets.splice import End, Leg

#: RFC 6455 and the registry: 1001 going away, 1008 policy, 1009 too big, 1013 try again later, 1014 bad gateway.
_CODES: dict[Why, int] = {
    "idle": 1001,
    "unread": 1001,
    "too_long": 1001,
    "stopping": 1001,
    "too_much": 1009,
    "funds": 1008,
    "refused": 1008,
    "unavailable": 1013,
}
_FLAGS: dict[Why, str] = {
    "idle": "idle",
    "unread": "client_unread",
    "too_long": "time_up",
    "stopping": "gateway_stopped",
    "too_much": "too_large",
    "funds": "funds_spent",
    "refused": "access_ended",
    "unavailable": "books_unavailable",
}
_NO_CODE = 1005


@dataclass(frozen=True, slots=True)
class Parting:
    """by: who ended it. code: what the client is told, 0 for nothing. to_client, to_upstream: code and reason of a
    close frame of ours, None for none; passed: the close frame that goes to the client as it came."""

    by: str
    outcome: Outcome
    flags: tuple[str, ...]
    code: int
    to_client: tuple[int, str] | None = None
    to_upstream: tuple[int, str] | None = None
    passed: Close | None = None


def parting(end: End | Ended) -> Parting:
    """Return how an end is told."""
    if isinstance(end, Ended):
        code = _CODES[end.why]
        return Parting("gateway", "completed", (_FLAGS[end.why],), code, (code, end.message), (1001, end.message))
    if end.error is not None:
        return _of_error(end)
    if end.close is not None:
        return Parting(end.by, "completed", (), end.close.code, passed=end.close)
    if end.by == "client":
        return Parting("client", "completed", ("client_gone",), 0)
    message = "The connection to the service was lost. Connect again."
    return Parting("upstream", "interrupted", ("upstream_gone",), 1014, (1014, message))


def _of_error(end: End) -> Parting:
    assert end.error is not None
    error = end.error
    if end.by == "client":
        told = (error.code, error.message)
        return Parting("gateway", "completed", ("client_broke_protocol",), error.code, told, (1001, ""))
    code = 1009 if error.code == 1009 else 1014
    message = f"The service broke the protocol: {error.message}"
    return Parting("gateway", "interrupted", ("upstream_broke_protocol",), code, (code, message), (error.code, ""))


async def say_good_bye(parting: Parting, client: Leg, upstream: Leg, seconds: float) -> None:
    """Send the last frames, wait a while for the answers, and close both connections."""
    if parting.passed is not None:
        await _exchange(parting.passed, client, upstream, seconds)
    else:
        _tell(upstream, parting.to_upstream, passed_whole=client.ends_whole)
        _tell(client, parting.to_client, passed_whole=upstream.ends_whole)
        if parting.to_client is not None:
            await _wait(client, seconds)
    upstream.transport.close()
    client.transport.close()


async def _exchange(close: Close, client: Leg, upstream: Leg, seconds: float) -> None:
    """End by the close frames of the two sides themselves."""
    if client.close is close:
        # the upstream has had it; its answer, or the client's own words, are the last the client hears
        client.write(upstream.close.raw if upstream.close is not None else _echo(close, is_masked=False))
        return
    client.write(close.raw)
    await _wait(client, seconds)
    upstream.write(client.close.raw if client.close is not None else _echo(close, is_masked=True))


def _tell(leg: Leg, words: tuple[int, str] | None, *, passed_whole: bool) -> None:
    """Send a close frame of ours; in the middle of somebody's frame there is no place for one."""
    if words is not None and passed_whole:
        leg.write(close_frame(*words, is_masked=leg.side == "upstream"))
    elif not leg.is_lost:
        leg.transport.abort()


def _echo(close: Close, *, is_masked: bool) -> bytes:
    if close.code == _NO_CODE:
        return bytes((0x88, 0x80, 0, 0, 0, 0)) if is_masked else bytes((0x88, 0))
    return close_frame(close.code, close.reason, is_masked=is_masked)


async def _wait(leg: Leg, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await leg.has_ended.wait()
