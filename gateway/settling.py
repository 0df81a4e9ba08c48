"""One upstream attempt in the books: noted before it is made, kept up while it lives, settled once when it ends.

The same for every protocol. What was used, and when the attempt is over, its carrier knows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal

import orjson

from domain.rating import due
from domain.routing.matching import routing_key_of
from domain.usage import Outcome
from gateway import attempts, crash_points
from gateway.attempts import AttemptEvent
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.execution.purse import Carved
from gateway.request_log.asking import session_of
from gateway.spool.errors import SpoolError
from gateway.spool.writer import Told

Metrics = Mapping[str, int | Decimal]
_MILLI = Decimal("0.001")


class Account:
    """What the books are told of one attempt. first_byte_at: monotonic seconds, 0 until the answer begins."""

    __slots__ = ("_asked_at", "_beginning", "_ctx", "_deps", "first_byte_at", "request_bytes")

    def __init__(self, ctx: RequestContext, deps: Deps) -> None:
        self._ctx, self._deps = ctx, deps
        self._beginning = b""
        self._asked_at = self.first_byte_at = 0.0
        self.request_bytes = ctx.body_bytes

    def begin_anew(self) -> None:
        """Note that what was known beforehand has changed: the hold, or the bytes of the request."""
        self._beginning = b""

    def open(self) -> float:
        """Note that the attempt is made, and return when, in monotonic seconds. Raises SpoolError."""
        ctx = self._ctx
        if ctx.part is not None and ctx.part.flags:
            begun = self.event("interrupted", {}, ("unfinished",), status=0, response_bytes=0)
            self._deps.spool.intent(ctx.event_id, begun.to_bytes())
        else:
            beginning, ending = self._beginning or self._begin(), attempts.just_begun(ctx.started_ms)
            self._deps.spool.intent(ctx.event_id, beginning, ending)
        crash_points.reach("call.before_upstream")
        self._asked_at = now = time.monotonic()
        return now

    def checkpoint(self, usage: Metrics, flags: tuple[str, ...], *, status: int, response_bytes: int) -> None:
        """Note how far the attempt has come. Raises SpoolError."""
        event = self.event("interrupted", usage, flags, status=status, response_bytes=response_bytes)
        self._deps.spool.checkpoint(self._ctx.event_id, event.to_bytes())

    async def close(self, event: AttemptEvent) -> None:
        """Make the usage durable and give back what the attempt did not cost. Raises SpoolError."""
        ctx, deps = self._ctx, self._deps
        try:
            crash_points.reach("call.before_final")
            await deps.spool.final(ctx.event_id, event.to_bytes())
            crash_points.reach("call.after_final")
        finally:
            self.give_back(event)
            if ctx.allowance is not None:
                allowance, ctx.allowance = ctx.allowance, None
                await deps.limits.settle(allowance, event.usage)

    def close_soon(self, event: AttemptEvent, closed: Told) -> None:
        """Do what `close` does without waiting; `closed` is told in the loop. For attempts without allowance.

        Raises SpoolError; then `closed` is not called.
        """

        def settled(error: SpoolError | None) -> None:
            crash_points.reach("call.after_final")
            self.give_back(event)
            closed(error)

        crash_points.reach("call.before_final")
        try:
            self._deps.spool.keep(self._ctx.event_id, event.to_bytes(), settled)
        except SpoolError:
            self.give_back(event)
            raise

    def give_back(self, event: AttemptEvent) -> None:
        """Let what the attempt did not cost be held again, and tell those around it what came of it."""
        ctx, deps = self._ctx, self._deps
        assert ctx.hold is not None
        assert ctx.price is not None
        # the same sum that settlement will take out of the lease
        charged = due(event, ctx.price)
        if isinstance(ctx.hold, Carved):  # the plan that it belongs to may be over
            ctx.hold.purse.release(ctx.hold, charged)
        else:
            deps.leases.release(ctx.hold, charged)
        if ctx.part is not None:
            self._tell(charged, event.status)
        if ctx.budget is not None:
            ctx.budget.settle(charged)

    def event(
        self,
        outcome: Outcome,
        usage: Metrics,
        flags: tuple[str, ...],
        *,
        status: int,
        response_bytes: int,
        now: float | None = None,
    ) -> AttemptEvent:
        """Return the usage event as it is now. status: of the upstream's answer, 0 for none."""
        ctx = self._ctx
        assert ctx.plan is not None
        assert ctx.hold is not None
        if now is None:
            now = time.monotonic()
        started, first, asked = ctx.started, self.first_byte_at, self._asked_at
        return AttemptEvent(
            self._beginning or self._begin(),
            ctx.hold.amount,
            ctx.plan.channel.name,
            usage,
            status,
            outcome,
            (*flags, *ctx.part.flags) if ctx.part is not None else flags,
            time.time_ns() // 1_000_000,
            response_bytes,
            # to the microsecond
            int((now - started) * 1_000_000 + 0.5) / 1000,
            int((first - started) * 1_000_000 + 0.5) / 1000 if first else None,
            int((now - asked) * 1_000_000 + 0.5) / 1000 if asked else None,
        )

    def seconds(self, now: float | None = None) -> Decimal:
        """Return how long the call has taken, in whole milliseconds."""
        if now is None:
            now = time.monotonic()
        return round((now - self._ctx.started) * 1000) * _MILLI

    def _tell(self, charged: Decimal, status: int) -> None:
        """Tell the plan around the call what came of it."""
        ctx = self._ctx
        assert ctx.part is not None
        assert ctx.plan is not None
        ttfb_ms = (self.first_byte_at - ctx.started) * 1000 if self.first_byte_at else None
        ctx.part.done(status=status, ttfb_ms=ttfb_ms, charged=charged, currency=ctx.plan.price.currency)

    def _begin(self) -> bytes:
        """Write what does not change while the attempt is made."""
        ctx = self._ctx
        assert ctx.hold is not None
        assert ctx.plan is not None
        self._beginning = attempts.beginning(
            ctx.known or known(ctx, self._deps),
            event_id=ctx.event_id,
            wallet_id=ctx.plan.wallet_id,
            lease_id=ctx.hold.lease_id,
            hold=ctx.hold.amount,
            request_bytes=self.request_bytes,
            started_ms=ctx.started_ms,
        )
        session = session_of(ctx) if ctx.session is None else ctx.session
        if session:
            self._beginning += b',"session":' + orjson.dumps(session)
        return self._beginning


def known(ctx: RequestContext, deps: Deps) -> bytes:
    """Return what the events of every call with this plan, path and routing key say alike."""
    assert ctx.plan is not None
    assert ctx.key is not None
    plan = ctx.plan
    return attempts.fixed(
        team_id=ctx.key.team_id,
        service_id=plan.service.id,
        enrollment_id=plan.enrollment.id if plan.enrollment else None,
        api_key_id=ctx.key.id or None,
        price_version_id=plan.price.id,
        currency=plan.price.currency,
        channel=plan.channel.name,
        gateway_id=deps.settings.gateway_id,
        method=ctx.method,
        path=ctx.path[:500],
        routing_key=routing_key_of(ctx.body_json),
        **_place(ctx),
    )


def _place(ctx: RequestContext) -> dict[str, str | None]:
    """Return what a usage event says beyond a plain call's."""
    place: dict[str, str | None] = {}
    if ctx.plan is not None and ctx.plan.log != "none":
        place["log"] = ctx.plan.log
    if ctx.part is not None:
        place |= {"role": ctx.part.role, "parent_id": ctx.part.parent_id}
    if ctx.token is not None:
        place |= {"origin": ctx.token.purpose, "origin_id": ctx.token.reference, "user_id": ctx.token.user_id}
    return place
