"""The address that a call is sent to."""

from __future__ import annotations

from gateway.context import RequestContext


def address(base: str, rest: tuple[str, ...], ctx: RequestContext) -> str:
    """Return the address of the call: the rest of the path below the channel's, and both queries."""
    assert ctx.plan is not None
    place, _, own_query = base.partition("?")
    below = "/".join(rest)
    url = place.rstrip("/") + ("/" + below if below else "")
    query = "&".join(part for part in (own_query, ctx.plan.query) if part)
    return f"{url}?{query}" if query else url
