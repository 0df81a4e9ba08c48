"""One plain call: sent at once, and carried on whenever something of its answer has come."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from gateway import pipeline, telling
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.passing import WHOLE_BYTES, Pieces
from gateway.plain.plans import Plans
from gateway.spool.errors import SpoolError
from gateway.steps import hold_balance, rewrite
from gateway.stores.base import StoreUnavailable
from gateway.tally import Tally
from gateway.upstream.client import Prepared
from gateway.upstream.errors import UpstreamClosed, UpstreamError
from gateway.upstream.response import UpstreamResponse

log = logging.getLogger(__name__)


class WayBack(Protocol):
    """Who wants the answer. What is put there after the client has gone goes nowhere."""

    @property
    def is_gone(self) -> bool: ...
    @property
    def is_paused(self) -> bool: ...

    def put_head(self, status: int, headers: Headers) -> None: ...

    def put_body(self, body: bytes, last: bool) -> None: ...

    def put_whole(self, status: int, headers: Headers, body: bytes) -> None: ...

    def end(self, refusal: GatewayError | None = None) -> None: ...

    def go_on(self, tally: Tally) -> None:
        """Let the general way make a call that could not be sent."""
        ...


def prepared(ctx: RequestContext, deps: Deps, plans: Plans, way_back: WayBack) -> PlainCall | None:
    """Return the call ready to be sent, its money set aside; None when it is not plain, or cannot be made at once.

    Then the general way does what is left to do. It also meets again whatever went wrong here, and says so.
    """
    try:
        rendering = plans.prepare(ctx, deps)
        if rendering is None:
            return None
        hold_balance.estimate(ctx)
        assert ctx.repeat is not None
        request = ctx.repeat.onward(ctx, rendering, deps)
        rewrite.body(rendering, ctx, deps)
    except (GatewayError, StoreUnavailable, UpstreamError):
        return None
    assert ctx.plan is not None
    hold = deps.leases.at_once(ctx.plan.wallet_id, ctx.estimate)
    if hold is None:
        return None
    ctx.hold = hold
    return PlainCall(ctx, deps, way_back, request)


class PlainCall:
    """`send` once; then `flow` carries it on, and `leave` says that its client has gone."""

    __slots__ = ("_ctx", "_deps", "_error", "_leaving", "_parts", "_pieces", "_request", "_response", "_tally",
                 "_way_back")  # fmt: skip

    def __init__(self, ctx: RequestContext, deps: Deps, way_back: WayBack, request: Prepared) -> None:
        self._ctx, self._deps, self._way_back, self._request = ctx, deps, way_back, request
        self._tally = Tally(ctx, deps)
        self._response: UpstreamResponse | None = None
        self._pieces: Pieces | None = None  # of an answer that is passed on as it comes
        self._parts: list[bytes] = []  # of one that leaves whole
        self._leaving: asyncio.TimerHandle | None = None
        self._error: BaseException | None = None  # why the answer is not whole

    def send(self) -> None:
        """Note that the call is made, and make it."""
        ctx, deps = self._ctx, self._deps
        try:
            self._tally.account.open()
        except SpoolError as error:
            self._close(error)
            return
        self._response = deps.upstream.begin(self._request, ctx.upstream_body or None, self.flow)
        if self._response is None:
            self._way_back.go_on(self._tally)

    def leave(self) -> None:
        """Go on for a while, for the usage at the answer's end; then stop the upstream."""
        if self._response is not None and self._leaving is None and not self._tally.is_closed:
            seconds = self._deps.settings.drain_seconds
            self._leaving = asyncio.get_running_loop().call_later(seconds, self._response.cancel)
            self.flow()

    def flow(self) -> None:
        """Take what has come, and pass on what may leave."""
        response = self._response
        if response is None or self._tally.is_closed:
            return
        try:
            if self._tally.response is None:
                if not response.status:
                    self._not_answered(response)
                    return
                self._begin(response)
            if self._pieces is None:
                self._gather(response)
            else:
                self._pass_on(response, self._pieces)
        except Exception as error:
            if not isinstance(error, SpoolError):
                log.exception("gateway.call_failed request=%s", self._ctx.event_id)
            self._close(error)

    def _begin(self, response: UpstreamResponse) -> None:
        """Take the head of the answer."""
        self._deps.upstream.judge(self._request.origin)
        is_stream, length = response.is_events, response.length
        self._tally.answered(response, is_stream=is_stream)
        if is_stream or length is None or length > WHOLE_BYTES:
            self._pieces = Pieces(is_stream=is_stream)
            self._way_back.put_head(response.status, telling.headers_back(response.headers, self._ctx))

    def _not_answered(self, response: UpstreamResponse) -> None:
        """Take what came in place of an answer, if anything did."""
        error = response.error
        if error is None:
            return
        if isinstance(error, UpstreamClosed) and not response.touched and not self._way_back.is_gone:
            # closed while we wrote, and nothing came back: one more time, on a connection of its own
            self._response = response.listener = None
            self._way_back.go_on(self._tally)
            return
        # that we gave up says nothing of the host
        self._deps.upstream.judge(self._request.origin, telling.client_left() if self._way_back.is_gone else error)
        self._close(error)

    def _gather(self, response: UpstreamResponse) -> None:
        """Keep an answer until it is whole."""
        assert self._tally.meter is not None
        if chunk := response.take():
            self._tally.meter.feed(chunk)
            self._parts.append(chunk)
        if response.is_complete:
            self._tally.outcome = "completed"
            self._close()
        elif response.error is not None:
            if self._way_back.is_gone:
                self._tally.outcome = "interrupted"  # by us: what has come was made for the client
            self._close(response.error)

    def _pass_on(self, response: UpstreamResponse, pieces: Pieces) -> None:
        """Pass pieces on as they come, as fast as the client reads."""
        way_back, tally, is_gone = self._way_back, self._tally, self._way_back.is_gone
        assert tally.meter is not None
        if not is_gone and way_back.is_paused:
            if response.has_more:
                return  # `flow` comes again when the client reads
        elif chunk := response.take():
            shown = tally.meter.feed(chunk)
            if not is_gone:
                tally.checkpoint()
                if leaving := pieces.take(shown):
                    way_back.put_body(leaving, last=False)
        if response.is_complete:
            tally.outcome = "interrupted" if is_gone else "completed"
            self._close()
        elif response.error is not None:
            # part of the answer may be out: the connection is cut, so that nobody takes it for a whole one
            log.warning("upstream.died request=%s code=%s", self._ctx.event_id, getattr(response.error, "code", ""))
            tally.outcome = "interrupted"
            self._close(response.error)

    def _close(self, error: BaseException | None = None) -> None:
        """Put the usage on disk, and then end the answer."""
        if self._tally.is_closed:
            return
        if self._leaving is not None:
            self._leaving.cancel()
        self._error = error
        try:
            self._tally.account.close_soon(self._tally.close(), self._end)
        except SpoolError as failed:
            self._end(failed)

    def _end(self, failed: SpoolError | None) -> None:
        """Send the last byte, or say what kept it."""
        way_back, response, error = self._way_back, self._response, failed or self._error
        if response is not None:
            response.listener = None
        if error is not None or response is None:
            way_back.end(self._refusal(error))
            return
        if self._pieces is not None:
            assert self._tally.meter is not None
            way_back.put_body(self._pieces.kept + self._tally.meter.remainder(), last=True)
        else:
            body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            way_back.put_whole(response.status, telling.headers_back(response.headers, self._ctx), body)
        way_back.end()

    def _refusal(self, error: BaseException | None) -> GatewayError | None:
        if isinstance(error, SpoolError):
            return pipeline.unavailable(error, self._ctx)
        if isinstance(error, UpstreamError):
            return telling.upstream_failed(error)
        return GatewayError(500, "internal_error", "The gateway failed. Call again; tell us the id.")
