"""Which calls are followed, and what of their bodies is kept: by the path, a header, or the account's preference."""

from __future__ import annotations

import re

from domain.routing import leaves, wrapping
from domain.usage import LogLevel
from gateway.context import RequestContext

_SESSION = re.compile(rb"[!-~]{1,100}")
_ASKS = b"x-unitysvc-log-request"
_OFF = frozenset((b"0", b"false", b"no", b"off", b"none"))


def level_of(ctx: RequestContext) -> LogLevel | None:
    """Return how closely a call is followed, "none" for without bodies. None: its usage event tells everything."""
    assert ctx.customer is not None
    preferred = ctx.customer.record.request_log
    header = ctx.header(_ASKS)
    if ctx.tree is None and not is_followed(preferred, asks=header is not None):
        return None
    level = preferred if header is None else _of_header(header)
    asked = {level, *(call.log for call in leaves.calls(ctx.tree)), _of_path(ctx)}
    level = "complete" if "complete" in asked else "truncated" if "truncated" in asked else "none"
    return None if level == "none" and ctx.tree is None else level


def is_followed(preferred: LogLevel, *, asks: bool) -> bool:
    """Return whether a call of one service is followed. asks: whether one of its headers says so, or how closely."""
    return asks or preferred != "none"


def asks_for_log(ctx: RequestContext) -> bool:
    """Return whether a header says how closely the call is to be followed."""
    return ctx.header(_ASKS) is not None


def session_of(ctx: RequestContext) -> str:
    """Return by what the client ties its calls together: `x-usvc-session` or `x-session-id`."""
    if ctx.session is not None:
        return ctx.session
    value = ctx.header(b"x-usvc-session") or ctx.header(b"x-session-id")
    return value.decode("ascii") if value is not None and _SESSION.fullmatch(value) else ""


def _of_header(value: bytes) -> LogLevel:
    value = value.strip().lower()
    if value in _OFF:
        return "none"
    return "complete" if value == b"complete" else "truncated"


def _of_path(ctx: RequestContext) -> LogLevel:
    if ctx.parsed is None or "l" not in ctx.parsed.wrappers:
        return "none"
    return "complete" if wrapping.read(ctx.parsed).log == "complete" else "truncated"
