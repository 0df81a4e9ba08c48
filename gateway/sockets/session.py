"""The whole life of a WebSocket: let in, joined to an upstream, carried, ended; charged whatever happens."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from domain.usage import Outcome
from gateway import pipeline
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.door import answers
from gateway.errors import GatewayError
from gateway.execution.sinks import is_failure
from gateway.live import admission
from gateway.live.admission import Way
from gateway.live.course import Course, Ended
from gateway.live.trial import course_of
from gateway.responses import error_answer
from gateway.sockets import handshake, telling
from gateway.sockets.handshake import Asked
from gateway.sockets.splice import End, Leg, Splice
from gateway.sockets.upstream import Answered, UpstreamSocket
from gateway.spool.errors import SpoolError
from gateway.steps.authenticate import presented_key
from gateway.stores.base import StoreUnavailable
from gateway.telling import length_of, own_headers, upstream_failed
from gateway.upstream import headers as crossing
from gateway.upstream.errors import UpstreamBusy, UpstreamError, UpstreamOpen, UpstreamRefused, UpstreamTimeout
from gateway.upstream.limits import Timeouts

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0


class Session:
    """One WebSocket. client: the side that asked for it; default_headers: of every answer of this server."""

    def __init__(self, ctx: RequestContext, deps: Deps, client: Leg, default_headers: bytes) -> None:
        self._ctx, self._deps, self._client = ctx, deps, client
        self._default_headers = default_headers
        self._splice: Splice | None = None
        self._is_stopping = False
        self.task: asyncio.Task[None] | None = None

    def client_left(self) -> None:
        """Note that the client has hung up: what is not open yet need not open."""
        if self._splice is None and self.task is not None:
            self.task.cancel()

    def shut_down(self) -> None:
        """End because the gateway stops."""
        self._is_stopping = True
        if self._splice is not None and not self._splice.ended.done():
            self._splice.ended.set_exception(Ended("stopping", "The gateway is restarted. Connect again."))

    async def run(self) -> None:
        """Live, and end."""
        ctx, deps = self._ctx, self._deps
        try:
            asked = handshake.read(ctx.headers)
            if asked.api_key and not presented_key(ctx):
                ctx.add_header(b"authorization", b"Bearer " + asked.api_key.encode())
            ways = await admission.ways(ctx, deps)
            assert ctx.key is not None
            with deps.census.counted(ctx.key.team_id, deps.settings.live):
                await self._through(ways, asked)
        except GatewayError as error:
            self._refuse(error)
        except (StoreUnavailable, SpoolError) as error:
            self._refuse(pipeline.unavailable(error, self._ctx))
        except asyncio.CancelledError:
            if not self._client.is_lost:
                raise
        except Exception:
            log.exception("gateway.socket_failed request=%s", self._ctx.event_id)
            self._refuse(GatewayError(500, "internal_error", "The gateway failed. Call again; tell us the id."))
        finally:
            self._client.transport.close()

    async def _through(self, ways: list[Way], asked: Asked) -> None:
        """Join the client to the first upstream that agrees, and stay until the end."""
        failed: list[str] = []
        for place, way in enumerate(ways):
            is_last = place + 1 == len(ways) or self._is_stopping
            try:
                if await self._try(way, asked, is_last=is_last):
                    return
                failed.append(f"{way.call.service.name} refused")
            except GatewayError as error:
                if is_last or not _may_go_on(error, way):
                    raise
                failed.append(f"{way.call.service.name} {error.code}")
            self._ctx = admission.again(self._ctx, failed)

    async def _try(self, way: Way, asked: Asked, *, is_last: bool) -> bool:
        """Return whether the client has been answered by this upstream. Raises GatewayError."""
        ctx, deps = self._ctx, self._deps
        await admission.enter(ctx, way, deps)
        course = course_of(ctx, deps)
        outcome: Outcome = "failed"
        upstream: UpstreamSocket | None = None
        watched = admission.watched(way, deps)
        try:
            course.open()
            upstream, answer, key = await self._shake(asked)
            watched.answered(answer.status)
            if answer.status != 101:
                course.answered(answer.status)
                outcome = "completed" if answer.status >= 400 else "failed"
                if is_failure(answer.status) and way.call.retries and not is_last:
                    return False
                await course.settle(outcome)
                self._pass_refusal(answer)
                return True
            chosen = _agreed(answer, key, asked, ctx.url)
            course.answered(101)
            await self._live(course, upstream, self._welcome(asked, answer, chosen))
        except UpstreamError as error:
            watched.failed()
            raise upstream_failed(error) from error
        finally:
            watched.over()
            if upstream is not None:
                upstream.close()
            await course.settle(outcome)
        return True

    async def _shake(self, asked: Asked) -> tuple[UpstreamSocket, Answered, bytes]:
        """Open the connection to the upstream and ask it for a WebSocket. Raises UpstreamError."""
        ctx, deps = self._ctx, self._deps
        assert ctx.channel is not None
        timeouts = (ctx.channel.bounds.timeouts if ctx.channel.bounds else None) or Timeouts()
        origin, target = deps.dialer.split(ctx.url)
        key = handshake.new_key()
        authority = ctx.upstream_host.encode() if ctx.upstream_host else origin.authority
        head = handshake.request(target, authority, ctx.upstream_headers, key, asked.protocols)
        leg = Leg("upstream", deps.settings.live.message_bytes)
        upstream = await deps.dialer.open(
            origin, lambda: UpstreamSocket(origin.host, leg), alpn="http/1.1", seconds=timeouts.connect
        )
        try:
            return upstream, await upstream.shake(head, timeouts.first_byte), key
        except BaseException:
            upstream.close()
            raise

    async def _live(self, course: Course, upstream: UpstreamSocket, welcome: bytes) -> None:
        """Carry frames until the end, write the books, and say good-bye to both sides."""
        limits = self._deps.settings.live
        client, other = self._client, upstream.leg
        splice = self._splice = Splice(course, client, other, close_seconds=limits.close_seconds)
        client.write(welcome)
        splice.start()
        if self._is_stopping:
            self.shut_down()
        watch = asyncio.create_task(course.watch())
        unread = asyncio.create_task(self._watch_reading(client))
        end: End | Ended
        try:
            either: set[asyncio.Future[Any]] = {watch, unread, splice.ended}
            done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            end = splice.ended.result() if splice.ended in done else done.pop().result()
        except Ended as error:
            end = error
        finally:
            watch.cancel()
            unread.cancel()
            splice.stop()
        parting = telling.parting(end)
        try:
            await course.settle(parting.outcome, parting.flags)
        except SpoolError:
            log.exception("gateway.socket_unrecorded request=%s", self._ctx.event_id)
            client.transport.abort()
            return
        log.info("socket.ended request=%s by=%s code=%s", self._ctx.event_id, parting.by, parting.code)
        await telling.say_good_bye(parting, client, other, limits.close_seconds)

    async def _watch_reading(self, client: Leg) -> End:
        """Return when the client has left too much unread for too long."""
        seconds = self._deps.settings.door.unread_seconds
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            if client.blocked_since and time.monotonic() - client.blocked_since > seconds:
                client.transport.abort()
                return End("client")

    # answers over HTTP

    def _welcome(self, asked: Asked, answer: Answered, chosen: str) -> bytes:
        headers = handshake.without_own(crossing.for_client(answer.headers)) + own_headers(self._ctx)
        framing = b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: " + handshake.accept(asked.key)
        chosen = chosen or (handshake.OWN_PROTOCOL if asked.names_ours else "")
        if chosen:
            framing += b"\r\nsec-websocket-protocol: " + chosen.encode()
        return answers.render(101, self._default_headers, headers, framing + b"\r\n")

    def _pass_refusal(self, answer: Answered) -> None:
        headers = [pair for pair in crossing.for_client(answer.headers) if pair[0].lower() != b"content-length"]
        self._answer(answer.status, handshake.without_own(headers) + own_headers(self._ctx), answer.body)

    def _refuse(self, error: GatewayError) -> None:
        if self._splice is not None:
            self._client.transport.abort()
            return
        self._deps.request_log.note(self._ctx, error)
        answer = error_answer(error, request_id=self._ctx.event_id, site_url=self._deps.settings.site_url)
        headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
        if error.code == "websocket_malformed":
            headers.append((b"sec-websocket-version", b"13"))
        self._answer(answer.status, headers + own_headers(self._ctx), answer.body)

    def _answer(self, status: int, headers: Headers, body: bytes) -> None:
        head = answers.render(status, self._default_headers, [*headers, length_of(body)], b"connection: close\r\n")
        self._client.write(head + body)


def _agreed(answer: Answered, key: bytes, asked: Asked, url: str) -> str:
    return handshake.agreed(answer.headers, key, asked.protocols, url.partition("//")[2].partition("/")[0])


def _may_go_on(error: GatewayError, way: Way) -> bool:
    """Return whether another upstream may be tried: any after a failure under /f/, else only if nothing was sent."""
    cause = error.__cause__
    if isinstance(cause, UpstreamTimeout):
        return cause.phase == "connect" or way.call.retries
    if isinstance(cause, UpstreamRefused | UpstreamBusy | UpstreamOpen):
        return True
    return way.call.retries and is_failure(error.status)
