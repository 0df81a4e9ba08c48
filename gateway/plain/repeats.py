"""What a request's head says by itself, worked out once for all requests with that head."""

from __future__ import annotations

from dataclasses import dataclass

from domain.routing.grammar import ParsedPath
from domain.routing.plan import Call
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.rendered import Rendering
from gateway.request_log import asking
from gateway.steps import authenticate, resolve_route, rewrite
from gateway.upstream.client import Prepared


@dataclass(frozen=True, slots=True)
class Reading:
    """key: the presented one; is_json: whether the body is to be read; is_followed: a header says how closely.

    session: by what the client ties its calls together.
    """

    parsed: ParsedPath
    key: str
    is_json: bool
    is_followed: bool
    session: str


@dataclass(frozen=True, slots=True)
class Onward:
    """What a call is sent on with, as long as its plan and its channel's rendering are these."""

    plan: Call
    rendering: Rendering
    url: str
    headers: Headers
    prepared: Prepared


class Repeat:
    """Shared by the calls of a connection that came with the same head; empty until the first of them is read."""

    __slots__ = ("_onward", "_reading")

    def __init__(self) -> None:
        self._reading: Reading | None = None
        self._onward: Onward | None = None

    def read(self, ctx: RequestContext) -> Reading:
        """Return what the head says, and set ctx.parsed and ctx.body_json. Raises GatewayError 400, 404."""
        reading = self._reading
        if reading is None:
            reading = self._reading = Reading(
                resolve_route.parsed(ctx),
                authenticate.presented_key(ctx),
                resolve_route.is_json(ctx),
                asking.asks_for_log(ctx),
                asking.session_of(ctx),
            )
        if reading.is_json:
            ctx.body_json = resolve_route.json_of(ctx)
        ctx.parsed, ctx.session = reading.parsed, reading.session
        return reading

    def onward(self, ctx: RequestContext, rendering: Rendering, deps: Deps) -> Prepared:
        """Return what is sent but the body, and set ctx.url and ctx.upstream_headers. Raises UpstreamError."""
        onward, plan = self._onward, ctx.plan
        assert plan is not None
        if onward is None or onward.plan is not plan or onward.rendering is not rendering:
            rewrite.head(rendering, ctx)
            prepared = deps.upstream.prepared(ctx.method, ctx.url, ctx.upstream_headers)
            self._onward = Onward(plan, rendering, ctx.url, ctx.upstream_headers, prepared)
            return prepared
        ctx.url, ctx.upstream_headers = onward.url, onward.headers
        return onward.prepared
