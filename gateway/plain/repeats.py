"""What a request's head says by itself, worked out once for all requests with that head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.routing.grammar import ParsedPath
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.rendered import Rendering
from gateway.request_log import asking
from gateway.steps import authenticate, resolve_route, rewrite
from gateway.upstream.client import Prepared

if TYPE_CHECKING:
    from gateway.plain.plans import PlainPlan


@dataclass(frozen=True, slots=True)
class Reading:
    """may_be_plain: as far as the head says. key: the presented one; is_json: whether the body is to be read.

    session: by what the client ties its calls together.
    """

    may_be_plain: bool
    parsed: ParsedPath
    key: str
    is_json: bool
    session: str


@dataclass(frozen=True, slots=True)
class Onward:
    """What a call is sent on with, as long as its plan, and what was rendered for its channel, are these."""

    plan: PlainPlan
    rendering: Rendering
    generation: int
    url: str
    headers: Headers
    prepared: Prepared


class Repeat:
    """Shared by the calls of a connection that came with the same head; empty until the first of them is read.

    plan: of the last of them.
    """

    __slots__ = ("_onward", "_reading", "plan")

    def __init__(self) -> None:
        self._reading: Reading | None = None
        self._onward: Onward | None = None
        self.plan: PlainPlan | None = None

    def read(self, ctx: RequestContext) -> Reading:
        """Return what the head says, and set ctx.parsed and ctx.body_json. Raises GatewayError 400, 404."""
        reading = self._reading or self._read(ctx)
        if reading.is_json:
            ctx.body_json = resolve_route.json_of(ctx)
        ctx.parsed, ctx.session = reading.parsed, reading.session
        return reading

    def _read(self, ctx: RequestContext) -> Reading:
        parsed = resolve_route.parsed(ctx)
        self._reading = Reading(
            # an answer to HEAD has no body, and a call that is followed is more than its usage event
            not parsed.names_more_than_a_service and ctx.method != "HEAD" and not asking.asks_for_log(ctx),
            parsed,
            authenticate.presented_key(ctx),
            resolve_route.is_json(ctx),
            asking.session_of(ctx),
        )
        return self._reading

    def onward(self, ctx: RequestContext, plan: PlainPlan, deps: Deps) -> Onward | None:
        """Return what is sent but the body, and set ctx.url and ctx.upstream_headers. Raises UpstreamError.

        None where what is sent is not the same for every call.
        """
        onward, generation = self._onward, deps.records.generation
        if (
            onward is None
            or onward.plan is not plan
            or onward.generation != generation
            or onward.rendering.until <= ctx.started
        ):
            rendering = deps.rendered.of(plan.channel)
            if rendering is None:
                return None
            rewrite.head(rendering, ctx)
            prepared = deps.upstream.prepared(ctx.method, ctx.url, ctx.upstream_headers)
            self._onward = Onward(plan, rendering, generation, ctx.url, ctx.upstream_headers, prepared)
            return self._onward
        ctx.url, ctx.upstream_headers = onward.url, onward.headers
        return onward
