"""The address that a call is sent to."""

from __future__ import annotations

from gateway.context import RequestContext
from gateway.errors import GatewayError
from gateway.upstream.egress import MAX_URL


def address(base: str, rest: tuple[str, ...], ctx: RequestContext) -> str:
    """Return the address of the call: the rest of the path below the channel's, and both queries.

    Raises GatewayError 400 when it is too long: what the caller adds must not look like the service's fault.
    """
    assert ctx.plan is not None
    place, _, own_query = base.partition("?")
    below = "/".join(rest)
    url = place.rstrip("/") + ("/" + below if below else "")
    query = "&".join(part for part in (own_query, ctx.plan.query) if part)
    if query:
        url = f"{url}?{query}"
    if len(url) > MAX_URL:
        message = f"The address of the service and what follows it are longer than {MAX_URL} bytes."
        raise GatewayError(400, "path_too_long", f"{message} Move data into the body.")
    return url
