"""What an HTTP answer used, counted while it passes: the same whichever way the answer takes through the gateway."""

from __future__ import annotations

import logging
import time
from decimal import Decimal

from domain import metering
from domain.metering import Meter, Used
from domain.usage import Outcome
from gateway.attempts import AttemptEvent
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.settling import Account
from gateway.upstream.response import UpstreamResponse

log = logging.getLogger(__name__)

_CHECKPOINT_SECONDS = 1.0
_NOTHING = Used({})
_UNREADABLE = Used({}, ("unreadable_usage",))


class Tally:
    """One attempt over HTTP. outcome: what the event will say; is_closed: it has been said.

    checkpoint_at: when `checkpoint` has something to do, in monotonic seconds.
    """

    __slots__ = ("_ctx", "_deps", "account", "checkpoint_at", "is_closed", "meter", "outcome", "response")

    def __init__(self, ctx: RequestContext, deps: Deps, account: Account | None = None) -> None:
        """account: of an attempt that has begun."""
        self._ctx, self._deps = ctx, deps
        self.account = account or Account(ctx, deps)
        self.outcome: Outcome = "failed"
        self.meter: Meter | None = None
        self.response: UpstreamResponse | None = None
        self.is_closed = False
        self.checkpoint_at = ctx.started + _CHECKPOINT_SECONDS

    def answered(self, response: UpstreamResponse, *, is_stream: bool) -> Meter:
        """Take the head of the answer, and return what counts the rest."""
        ctx = self._ctx
        assert ctx.price is not None
        self.response = response
        self.account.first_byte_at = time.monotonic()
        self.meter = Meter(
            is_stream=is_stream,
            request_bytes=len(ctx.upstream_body) if ctx.upload is None else ctx.upload.passed_bytes,
            needed=ctx.price.needed,
            hides_usage_event=ctx.added_stream_usage,
            request=ctx.upstream_body,
        )
        return self.meter

    def checkpoint(self) -> None:
        """Note what was used so far, once a second: a crash loses no more than that. Raises SpoolError."""
        now = time.monotonic()
        if now < self.checkpoint_at or self.meter is None or self.response is None:
            return
        self.checkpoint_at = now + _CHECKPOINT_SECONDS
        so_far = self.meter.so_far(seconds=self.account.seconds())
        self.account.checkpoint(
            so_far.usage, so_far.flags, status=self.response.status, response_bytes=self.response.received_bytes
        )

    def close(self) -> AttemptEvent:
        """Return what was used in all, and let go of the rest of the answer."""
        self.is_closed = True
        response = self.response
        if response is None:
            return self.account.event(self.outcome, {}, (), status=0, response_bytes=0)
        response.cancel()
        usage, flags = self._used(response)
        return self.account.event(
            self.outcome, usage, flags, status=response.status, response_bytes=response.received_bytes
        )

    def _used(self, response: UpstreamResponse) -> Used:
        if self.meter is None or response.status >= 400:
            return _NOTHING
        try:
            result = self.meter.finish(interrupted=self.outcome == "interrupted", seconds=self.account.seconds())
        except Exception:  # whatever an upstream writes, the call is accounted for and its hold is freed
            log.exception("usage.unreadable request=%s", self._ctx.event_id)
            return _UNREADABLE
        return result


def used_by(status: int, body: bytes, ctx: RequestContext, seconds: Decimal) -> Used:
    """Return what an answer used that came whole, in one piece."""
    if status >= 400:
        return _NOTHING
    assert ctx.price is not None
    asked = ctx.upstream_body
    try:
        return metering.used_by(body, request_bytes=len(asked), needed=ctx.price.needed, seconds=seconds, request=asked)
    except Exception:  # whatever an upstream writes, the call is accounted for and its hold is freed
        log.exception("usage.unreadable request=%s", ctx.event_id)
        return _UNREADABLE
