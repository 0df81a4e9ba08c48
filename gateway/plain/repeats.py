"""What a request's head says by itself, worked out once for all requests with that head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.routing.grammar import ParsedPath
from gateway import settling, telling
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.rendered import Rendering
from gateway.request_log import asking
from gateway.steps import authenticate, resolve_route, rewrite
from gateway.upstream.client import Prepared

if TYPE_CHECKING:
    from gateway.plain.plans import PlainPlan


@dataclass(frozen=True, slots=True)
class Onward:
    """What a call is sent on with, as long as its plan, and what was rendered for its channel, are these.

    known: what its usage events say alike. served: the lines of its answers that tell who served it.
    """

    plan: PlainPlan
    rendering: Rendering
    generation: int
    url: str
    headers: Headers
    prepared: Prepared
    known: bytes
    served: str


class Repeat:
    """Shared by the calls of a connection that came with the same head; empty until the first of them is read.

    may_be_plain: as far as is known. presented: the key. name: of the calls with this key, method, path and query, as
    one text. parsed: the path, once somebody had to know. plan: of the last of the calls, and model: what it asked for.
    """

    __slots__ = ("_is_json", "_is_read", "_onward", "_session", "may_be_plain", "model", "name", "parsed", "plan",
                 "presented")  # fmt: skip

    def __init__(self) -> None:
        self._is_read = self._is_json = self.may_be_plain = False
        self._session = self.presented = self.name = ""
        self._onward: Onward | None = None
        self.parsed: ParsedPath | None = None
        self.plan: PlainPlan | None = None
        self.model: str | None = None

    def read(self, ctx: RequestContext) -> None:
        """Set ctx.body_json and ctx.session. Raises GatewayError 400."""
        if not self._is_read:
            self._read(ctx)
        if self._is_json:
            ctx.body_json = resolve_route.json_of(ctx)
        ctx.session, ctx.parsed = self._session, self.parsed

    def _read(self, ctx: RequestContext) -> None:
        self._is_json = resolve_route.is_json(ctx)
        self._session = asking.session_of(ctx)
        self.presented = authenticate.presented_key(ctx)
        self.name = "\n".join((self.presented, ctx.method, ctx.path, ctx.query))  # none has an end of line in it
        # an answer to HEAD has no body, and a call that is followed is more than its usage event
        self.may_be_plain = ctx.method != "HEAD" and not asking.asks_for_log(ctx)
        self._is_read = True

    def parse(self, ctx: RequestContext) -> ParsedPath:
        """Set ctx.parsed, and return what the path says. Raises GatewayError 400, 404."""
        parsed = self.parsed
        if parsed is None:
            parsed = self.parsed = resolve_route.parsed(ctx)
            self.may_be_plain = self.may_be_plain and not parsed.names_more_than_a_service
        ctx.parsed = parsed
        return parsed

    def onward(self, ctx: RequestContext, plan: PlainPlan, deps: Deps) -> Onward | None:
        """Return what is sent but the body, and set ctx.url, ctx.upstream_headers and ctx.known. Raises UpstreamError.

        None where what is sent is not the same for every call.
        """
        onward, generation = self._onward, deps.records.generation
        if (
            onward is None
            or onward.plan is not plan
            or onward.generation != generation
            or onward.rendering.until <= ctx.started
        ):
            rendering, served = deps.rendered.of(plan.channel), telling.served_lines(plan.call)
            if rendering is None or served is None:
                return None
            rewrite.head(rendering, ctx)
            ctx.known = settling.known(ctx, deps)
            prepared = deps.upstream.prepared(ctx.method, ctx.url, ctx.upstream_headers)
            self._onward = Onward(
                plan, rendering, generation, ctx.url, ctx.upstream_headers, prepared, ctx.known, served
            )
            return self._onward
        ctx.url, ctx.upstream_headers, ctx.known = onward.url, onward.headers, onward.known
        return onward
