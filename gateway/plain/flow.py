"""The answer to a plain call that comes in pieces: passed on as it comes, or gathered until it is whole."""

from __future__ import annotations

import logging
import time

from gateway import telling
from gateway.broken_streams import last_event
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.passing import WHOLE_BYTES, Pieces
from gateway.plain.way_back import WayBack, refusal
from gateway.settling import Account
from gateway.spool.errors import SpoolError
from gateway.tally import Tally
from gateway.upstream.egress import Origin
from gateway.upstream.errors import UpstreamClosed
from gateway.upstream.response import UpstreamResponse

log = logging.getLogger(__name__)


class Flow:
    """Carried on by `flow` whenever something of the answer has come, or the client reads again."""

    __slots__ = ("_ctx", "_deps", "_error", "_origin", "_parts", "_pieces", "_tally", "_way_back", "response")

    def __init__(
        self,
        ctx: RequestContext,
        deps: Deps,
        way_back: WayBack,
        account: Account,
        origin: Origin,
        response: UpstreamResponse,
    ) -> None:
        self._ctx, self._deps, self._way_back, self._origin = ctx, deps, way_back, origin
        self._tally = Tally(ctx, deps, account)
        self._pieces: Pieces | None = None  # of an answer that is passed on as it comes
        self._parts: list[bytes] = []  # of one that leaves whole
        self._error: BaseException | None = None  # why the answer is not whole
        self.response: UpstreamResponse | None = response
        response.listener = self.flow

    def flow(self) -> None:
        """Take what has come, and pass on what may leave."""
        response = self.response
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
        self._deps.upstream.judge(self._origin)
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
            self.response = response.listener = None
            self._way_back.go_on(self._tally)
            return
        # that we gave up says nothing of the host
        self._deps.upstream.judge(self._origin, telling.client_left() if self._way_back.is_gone else error)
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
                if time.monotonic() >= tally.checkpoint_at:
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
        self._error = error
        try:
            self._tally.account.close_soon(self._tally.close(), self._end)
        except SpoolError as failed:
            self._end(failed)

    def _end(self, failed: SpoolError | None) -> None:
        """Send the last byte, or say what kept it."""
        way_back, response, error = self._way_back, self.response, failed or self._error
        if response is not None:
            response.listener = None
        if error is not None or response is None:
            if event := self._last_event(error):
                way_back.put_body(event, last=False)
            way_back.end(refusal(error, self._ctx))
            return
        if self._pieces is not None:
            assert self._tally.meter is not None
            way_back.put_body(self._pieces.kept + self._tally.meter.remainder(), last=True)
        else:
            body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            way_back.put_head(response.status, telling.headers_back(response.headers, self._ctx))
            way_back.put_body(body, last=True)
        way_back.end()

    def _last_event(self, error: BaseException | None) -> bytes:
        """Return what tells the reader of a stream that it is not whole."""
        response, pieces = self.response, self._pieces
        if error is None or response is None or pieces is None:
            return b""
        return last_event(error, self._ctx, pieces, response.headers, self._deps.settings.site_url)
