"""One plain call: sent at once, and ended when its answer has come, which nearly always comes whole."""

from __future__ import annotations

import asyncio
import time

from gateway import tally, telling
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.plain.flow import Flow
from gateway.plain.repeats import Onward
from gateway.plain.way_back import WayBack, refusal
from gateway.settling import Account
from gateway.spool.errors import SpoolError
from gateway.steps import hold_balance, rewrite
from gateway.stores.base import StoreUnavailable
from gateway.tally import Tally
from gateway.upstream.connection import Connection
from gateway.upstream.errors import UpstreamError
from gateway.upstream.response import UpstreamResponse
from gateway.upstream.whole import Whole


def prepared(ctx: RequestContext, deps: Deps, way_back: WayBack) -> PlainCall | None:
    """Return the call ready to be sent, its money set aside; None when it is not plain, or cannot be made at once.

    Then the general way does what is left to do. It also meets again whatever went wrong here, and says so.
    """
    try:
        plan = deps.plans.prepare(ctx, deps)
        if plan is None:
            return None
        assert ctx.repeat is not None
        onward = ctx.repeat.onward(ctx, plan, deps)
        if onward is None:
            return None
        hold_balance.estimate(ctx)
        rewrite.body(onward.rendering, ctx, deps)
    except (GatewayError, StoreUnavailable, UpstreamError):
        return None
    hold = deps.leases.at_once(plan.call.wallet_id, ctx.estimate)
    if hold is None:
        return None
    ctx.hold = hold
    return PlainCall(ctx, deps, way_back, onward)


class PlainCall:
    """`send` once; then its answer comes. `leave` says that its client has gone, `resume` that it reads again."""

    __slots__ = ("_account", "_answer", "_connection", "_ctx", "_deps", "_flow", "_is_leaving", "_request", "_served",
                 "_way_back")  # fmt: skip

    def __init__(self, ctx: RequestContext, deps: Deps, way_back: WayBack, onward: Onward) -> None:
        self._ctx, self._deps, self._way_back = ctx, deps, way_back
        self._request, self._served = onward.prepared, onward.served
        self._account = Account(ctx, deps)
        self._connection: Connection | None = None  # until something of the answer has come
        self._answer: Whole | None = None
        self._flow: Flow | None = None  # of an answer that comes in pieces
        self._is_leaving = False

    def send(self) -> None:
        """Note that the call is made, and make it."""
        ctx, deps = self._ctx, self._deps
        try:
            now = self._account.open()
        except SpoolError as error:
            failed = self._account.event("failed", {}, (), status=0, response_bytes=0)
            self._account.give_back(failed)
            self._way_back.end(refusal(error, ctx))
            return
        self._connection = deps.upstream.begin(self._request, ctx.upstream_body or None, self, now)
        if self._connection is None:
            self._way_back.go_on(Tally(ctx, deps, self._account))

    def leave(self) -> None:
        """Go on for a while, for the usage at the answer's end; then stop the upstream."""
        if not self._is_leaving and self._answer is None:
            self._is_leaving = True
            asyncio.get_running_loop().call_later(self._deps.settings.drain_seconds, self._stop)
            self.resume()

    def resume(self) -> None:
        """Pass on what waits."""
        if self._flow is not None:
            self._flow.flow()

    def take_response(self, response: UpstreamResponse) -> None:
        """Take what the answer comes in, or what comes in place of one."""
        self._connection = None
        self._flow = Flow(self._ctx, self._deps, self._way_back, self._account, self._request.origin, response)

    def take_whole(self, answer: Whole) -> None:
        """Put what the answer used on disk; then it leaves."""
        account, deps, ctx = self._account, self._deps, self._ctx
        self._connection, self._answer = None, answer
        deps.upstream.judge(self._request.origin)
        account.first_byte_at = now = time.monotonic()
        status, body = answer.status, answer.body
        usage, flags = tally.used_by(status, body, ctx, account.seconds(now))
        event = account.event("completed", usage, flags, status=status, response_bytes=len(body), now=now)
        try:
            account.close_soon(event, self._end)
        except SpoolError as failed:
            self._end(failed)

    def _end(self, failed: SpoolError | None) -> None:
        """Send the answer, or say what kept it."""
        way_back, answer, ctx = self._way_back, self._answer, self._ctx
        if failed is not None or answer is None:
            way_back.end(refusal(failed, ctx))
            return
        way_back.put_whole(answer.status, answer.lines + telling.own_lines(ctx, self._served), answer.body)
        way_back.end()

    def _stop(self) -> None:
        if self._flow is not None and self._flow.response is not None:
            self._flow.response.cancel()
        elif self._connection is not None:
            self._connection.abandon()
