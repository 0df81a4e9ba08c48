"""The whole life of one gRPC call: let in, sent on to an upstream, ended by trailers that follow the books."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from gateway import pipeline
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.grpc import refusals, status
from gateway.grpc.carrier import Carrier
from gateway.grpc.link import Stream, StreamGone
from gateway.grpc.upstream import UpstreamLink
from gateway.live import admission
from gateway.live.admission import Way
from gateway.live.trial import course_of
from gateway.spool.errors import SpoolError
from gateway.stores.base import StoreUnavailable
from gateway.telling import own_headers, upstream_failed
from gateway.upstream.egress import Origin
from gateway.upstream.errors import UpstreamError
from gateway.upstream.limits import Timeouts

log = logging.getLogger(__name__)

T = TypeVar("T")

_NOT_SENT = frozenset((b"accept-encoding", b"host", b"te"))
_NO_METHOD = (
    "The path of a gRPC call ends with package.Service/Method. Call the stub's method at the service's address."
)


class Rpc:
    """One call. client: its stream; refusal: why it is none, when it is none."""

    def __init__(self, ctx: RequestContext, deps: Deps, client: Stream, refusal: GatewayError | None) -> None:
        self._ctx, self._deps, self._client, self._refusal = ctx, deps, client, refusal
        self._carrier: Carrier | None = None
        self._is_stopping = False

    def shut_down(self) -> None:
        """End because the gateway stops."""
        self._is_stopping = True
        if self._carrier is not None:
            self._carrier.stop()

    async def run(self) -> None:
        """Answer the call, whatever happens."""
        try:
            await self._run()
        except GatewayError as error:
            self._refuse(error)
        except (StoreUnavailable, SpoolError) as error:
            self._refuse(pipeline.unavailable(error, self._ctx))
        except StreamGone:
            pass  # nobody is there to be told
        except Exception:
            log.exception("gateway.rpc_failed request=%s", self._ctx.event_id)
            self._refuse(GatewayError(500, "internal_error", "The gateway failed. Call again; tell us the id."))

    async def _run(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        seconds = status.seconds(self._ctx.header(b"grpc-timeout"))
        try:
            async with asyncio.timeout(seconds):
                ways = await self._while_there(admission.ways(self._ctx, self._deps))
                await self._through(ways)
        except TimeoutError:
            message = "The deadline of the call was over before the service answered. Call again with more time."
            raise GatewayError(504, "deadline_exceeded", message) from None

    async def _through(self, ways: list[Way]) -> None:
        """Call the first upstream to which there is a connection: what was sent once is not sent again."""
        failed: list[str] = []
        for place, way in enumerate(ways):
            try:
                await self._try(way)
                return
            except UpstreamError as error:
                if place + 1 == len(ways):
                    raise upstream_failed(error) from error
                failed.append(f"{way.call.service.name} {error.code}")
            self._ctx = admission.again(self._ctx, failed)

    async def _try(self, way: Way) -> None:
        """Make the call. Raises UpstreamError while nothing was sent, GatewayError."""
        ctx, deps = self._ctx, self._deps
        await admission.enter(ctx, way, deps)
        course = course_of(ctx, deps)
        watched = admission.watched(way, deps)
        try:
            course.open()
            origin, target = deps.dialer.split(ctx.url)
            head = _request(ctx, origin, target)
            link = await self._link(origin)
            upstream = link.open_stream(head)
            try:
                await self._carry(Carrier(ctx, deps, course, self._client, upstream, watched))
            finally:
                upstream.reset()
                link.over(upstream)
        except UpstreamError:
            watched.failed()
            raise
        finally:
            watched.over()
            await course.settle("failed")

    async def _carry(self, carrier: Carrier) -> None:
        self._carrier = carrier
        if self._is_stopping:
            carrier.stop()
        await carrier.run()
        self._client.reset(0)  # what the client still sends is not wanted

    async def _link(self, origin: Origin) -> UpstreamLink:
        channel = self._ctx.channel
        timeouts = (channel.bounds.timeouts if channel is not None and channel.bounds else None) or Timeouts()
        while True:
            link = await self._while_there(self._deps.links.take(origin, timeouts.connect))
            if link.has_room:  # others may have been faster
                return link

    async def _while_there(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` does, unless the client leaves meanwhile. Raises StreamGone."""
        task = asyncio.ensure_future(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._client.gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise StreamGone(self._client.gone.result())
            return task.result()
        finally:
            task.cancel()

    def _refuse(self, error: GatewayError) -> None:
        self._deps.request_log.note(self._ctx, error)
        own = own_headers(self._ctx)
        try:
            if self._carrier is not None and self._carrier.has_begun:
                self._client.send_headers(refusals.trailers(status.of_refusal(error.status), error.message), last=True)
            else:
                self._client.send_headers(refusals.answer(error, own), last=True)
        except StreamGone:
            return
        # what the client still sends is not wanted
        self._client.reset(0)


def _request(ctx: RequestContext, origin: Origin, target: bytes) -> Headers:
    if target.rpartition(b"/")[0].rpartition(b"/")[2].strip(b"/") == b"" or b"?" in target:
        raise GatewayError(400, "grpc_malformed", _NO_METHOD)
    authority = ctx.upstream_host.encode() if ctx.upstream_host else origin.authority
    head = [(b":method", b"POST"), (b":scheme", origin.scheme.encode()), (b":path", target), (b":authority", authority)]
    kept = [(name.lower(), value) for name, value in ctx.upstream_headers if name.lower() not in _NOT_SENT]
    return [*head, *kept, (b"te", b"trailers")]
