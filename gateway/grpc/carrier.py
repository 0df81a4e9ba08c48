"""Two streams joined: messages go both ways as fast as the slower side reads, until one of them, or time, ends it."""

from __future__ import annotations

import asyncio
from typing import Any

from h2.errors import ErrorCodes

from domain.usage import Outcome
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.grpc import refusals, status
from gateway.grpc.link import Stream, StreamGone
from gateway.grpc.messages import MessageCounter
from gateway.live.admission import Unwatched, Watched
from gateway.live.course import Course, Ended, Why
from gateway.telling import own_headers
from gateway.upstream import headers as crossing

_CODES: dict[Why, int] = {
    "idle": status.UNAVAILABLE,
    "unread": status.RESOURCE_EXHAUSTED,
    "too_long": status.UNAVAILABLE,
    "too_much": status.RESOURCE_EXHAUSTED,
    "funds": status.RESOURCE_EXHAUSTED,
    "refused": status.UNAUTHENTICATED,
    "unavailable": status.UNAVAILABLE,
    "stopping": status.UNAVAILABLE,
}
_FLAGS: dict[Why, str] = {
    "idle": "idle",
    "unread": "client_unread",
    "too_long": "time_up",
    "too_much": "too_large",
    "funds": "funds_spent",
    "refused": "access_ended",
    "unavailable": "books_unavailable",
    "stopping": "gateway_stopped",
}
#: What trailers say that is not passed on: our own words stand there.
_OURS = (b"x-usvc-", b":")


class Carrier:
    """One call on its way. has_begun: the client has been sent the head of an answer."""

    def __init__(
        self, ctx: RequestContext, deps: Deps, course: Course, client: Stream, upstream: Stream,
        watched: Watched | Unwatched,
    ) -> None:  # fmt: skip
        self._ctx, self._deps, self._course = ctx, deps, course
        self._client, self._upstream, self._watched = client, upstream, watched
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sent_messages = 0
        self.has_begun = False

    def stop(self) -> None:
        """End because the gateway stops."""
        if not self._stopped.done():
            self._stopped.set_exception(Ended("stopping", "The gateway is restarted. Call again."))
            self._stopped.exception()

    async def run(self) -> None:
        """Carry messages to the end, and the end after the books. Raises StreamGone when the client has gone."""
        down = asyncio.create_task(self._down())
        tasks: list[asyncio.Task[Any]] = [
            down,
            asyncio.create_task(self._up()),
            asyncio.create_task(self._course.watch()),
        ]
        waiting: set[asyncio.Future[Any]] = {*tasks, self._client.gone, self._stopped}
        try:
            while not down.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if self._client.gone in done:
                    await self._client_left()
                for each in done - {down}:
                    each.result()  # raises what ended it
            down.result()
        except Ended as error:
            await self._end(error)
        except StreamGone:
            await self._client_left()
        except asyncio.CancelledError:
            # the deadline of the call: what was delivered until then was delivered
            self._upstream.reset()
            await self._settle(status.DEADLINE_EXCEEDED, ("deadline",))
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _up(self) -> None:
        """Pass the client's messages on."""
        counter = MessageCounter()
        while True:
            try:
                piece, weight = await self._client.next()
            except StreamGone:
                return  # told by `gone`
            if piece:
                payload, messages = counter.feed(piece)
                if not self._course.may_pass(bytes_in=payload, messages=messages):
                    await self._course.pay(bytes_in=payload, messages=messages)
                self._course.passed(bytes_in=payload, messages=messages)
            try:
                await self._upstream.send(piece, last=not piece)
            except StreamGone:
                return  # the answer says why
            if not piece:
                return
            self._client.taken(weight)

    async def _down(self) -> None:
        """Pass the answer on, its end last."""
        upstream = self._upstream
        await upstream.begun.wait()
        if not upstream.headers:
            raise await self._lost()
        http_status = int(dict(upstream.headers).get(b":status", b"0"))
        if http_status != 200 or not _is_grpc(upstream.headers):
            await self._settle_http(http_status)
            return
        self._watched.answered(200)
        if b"grpc-status" in dict(upstream.headers):
            await self._finish(upstream.headers)
            return
        self._course.answered(200)
        self._client.send_headers(self._head(), last=False)
        self.has_begun = True
        counter = MessageCounter()
        while True:
            try:
                piece, weight = await upstream.next()
            except StreamGone:
                raise await self._lost() from None
            if not piece:
                break
            payload, messages = counter.feed(piece)
            if not self._course.may_pass(bytes_out=payload, messages=messages):
                await self._course.pay(bytes_out=payload, messages=messages)
            self._course.passed(bytes_out=payload, messages=messages)
            self._sent_messages += messages
            await self._deliver(piece)
            upstream.taken(weight)
        await self._finish(upstream.trailers)

    async def _deliver(self, piece: bytes) -> None:
        """Send a piece to the client. Raises Ended when it has not been read for too long, StreamGone."""
        seconds = self._deps.settings.door.unread_seconds
        try:
            async with asyncio.timeout(seconds):
                await self._client.send(piece)
        except TimeoutError:
            raise Ended("unread", f"Nothing was read for {seconds:g} s. Call again, and read what comes.") from None

    async def _lost(self) -> GatewayError:
        """Return what the loss of the upstream means, once it is in the books."""
        self._watched.failed()
        await self._course.settle("interrupted" if self._sent_messages else "failed", ("upstream_gone",))
        message = "The connection to the service was lost before the call had ended. Call again."
        return GatewayError(502, "upstream_closed", message)

    async def _finish(self, ended: Headers) -> None:
        """Write the books, and then tell the client how the call ended."""
        code = status.read(dict(ended).get(b"grpc-status"))
        await self._settle(code)
        trailers = [pair for pair in crossing.for_client(ended) if not pair[0].startswith(_OURS)]
        if b"grpc-status" not in dict(trailers):
            trailers += refusals.trailers(status.UNKNOWN, "The service ended the call without a status.")
        if self.has_begun:
            self._client.send_headers(trailers, last=True)
            return
        head = [(b":status", b"200"), (b"content-type", b"application/grpc")]
        told = [pair for pair in trailers if pair[0] != b"content-type"]
        self._client.send_headers([*head, *told, *own_headers(self._ctx)], last=True)

    async def _settle_http(self, http_status: int) -> None:
        """End a call whose upstream answered with something else than gRPC."""
        self._watched.answered(http_status)
        code = status.of_http(http_status)
        await self._settle(code)
        message = f"The service answered with HTTP status {http_status} and no gRPC. Nothing was charged."
        head = [(b":status", b"200"), (b"content-type", b"application/grpc"), *refusals.trailers(code, message)]
        told = (b"x-usvc-upstream-status", str(http_status).encode())
        self._client.send_headers([*head, told, *own_headers(self._ctx)], last=True)

    async def _settle(self, code: int, flags: tuple[str, ...] = ()) -> None:
        """Write the books. A failure that came after messages costs what was delivered."""
        if code == status.OK:
            self._course.answered(200)
            await self._course.settle("completed", flags)
        elif self._sent_messages:
            await self._course.settle("interrupted", (*flags, "failed_later"))
        else:
            self._course.answered(status.as_http(code))
            await self._course.settle("completed", flags)

    async def _client_left(self) -> None:
        """End what nobody waits for. Who leaves after messages has used the service: so subscriptions end."""
        self._upstream.reset(ErrorCodes.CANCEL)
        outcome: Outcome = "completed" if self._sent_messages else "interrupted"
        await self._course.settle(outcome, ("client_gone",))
        raise StreamGone(self._client.gone.result() if self._client.gone.done() else ErrorCodes.CANCEL)

    async def _end(self, error: Ended) -> None:
        """End the call for a reason of our own."""
        self._upstream.reset(ErrorCodes.CANCEL)
        outcome: Outcome = "completed" if self._sent_messages else "interrupted"
        await self._course.settle(outcome, (_FLAGS[error.why],))
        told = refusals.trailers(_CODES[error.why], error.message)
        if not self.has_begun:
            told = [(b":status", b"200"), (b"content-type", b"application/grpc"), *told, *own_headers(self._ctx)]
        self._client.send_headers(told, last=True)
        self._client.reset(ErrorCodes.NO_ERROR)

    def _head(self) -> Headers:
        passed = [pair for pair in crossing.for_client(self._upstream.headers) if not pair[0].startswith(_OURS)]
        return [(b":status", b"200"), *passed, *own_headers(self._ctx)]


def _is_grpc(headers: Headers) -> bool:
    return dict(headers).get(b"content-type", b"").startswith(b"application/grpc")
