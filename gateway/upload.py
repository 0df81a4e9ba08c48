"""A body that is too long to be held: its pieces pass to the upstream as they come, as fast as it takes them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from domain.routing.plan import Call
from domain.routing.tree import Choice
from gateway.context import RequestContext
from gateway.errors import GatewayError
from gateway.upstream.errors import UpstreamError

#: How much may wait for the upstream.
_MOST_BYTES = 256 * 1024


class Source(Protocol):
    """The connection that an upload comes on."""

    def begin_upload(self) -> None:
        """Note that the body is wanted."""
        ...

    def pause_upload(self) -> None: ...

    def resume_upload(self) -> None: ...


class UploadEnded(UpstreamError):
    """The body will not come whole. refusal: what its client is told."""

    code = "upload_ended"

    def __init__(self, refusal: GatewayError) -> None:
        self.refusal = refusal
        super().__init__(refusal.message)


class Upload:
    """Gives its pieces once, in order. length: of the body, as the head says. passed_bytes: given so far."""

    def __init__(self, length: int, source: Source) -> None:
        self.length, self.passed_bytes = length, 0
        self._source = source
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._is_paused = self._has_begun = self._is_whole = False
        self._error: UploadEnded | None = None
        self._news = asyncio.Event()

    def feed(self, piece: bytes) -> None:
        """Take a piece, and let no more come while there are too many."""
        self._pieces.append(piece)
        self._held_bytes += len(piece)
        if self._held_bytes > _MOST_BYTES and not self._is_paused:
            self._is_paused = True
            self._source.pause_upload()
        self._news.set()

    def end(self) -> None:
        """Note that all of it has come."""
        self._is_whole = True
        self._news.set()

    def fail(self, refusal: GatewayError) -> None:
        """Note that the rest will not come."""
        self._error = self._error or UploadEnded(refusal)
        self._news.set()

    def __aiter__(self) -> Upload:
        return self

    async def __anext__(self) -> bytes:
        if not self._has_begun:
            self._has_begun = True
            self._source.begin_upload()
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self._is_whole:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        self._held_bytes -= len(piece)
        self.passed_bytes += len(piece)
        if self._is_paused and not self._pieces:
            self._is_paused = False
            self._source.resume_upload()
        return piece


def check_plan(ctx: RequestContext) -> None:
    """Refuse an upload that more than one service would have to get. Raises GatewayError 413."""
    tree = ctx.tree
    is_one_call = tree is None or isinstance(tree, Call) or (isinstance(tree, Choice) and len(tree.calls) == 1)
    if ctx.candidate is not None or not is_one_call:
        message = "A body of this length goes straight to one service. Send less, or call the service without wrappers."
        raise GatewayError(413, "body_too_large", message)


def check(ctx: RequestContext, upload: Upload, limit: int) -> None:
    """Refuse an upload that its channel does not take. limit: of bodies that are held. Raises GatewayError 413.

    A channel takes more than that when its seller has said how much.
    """
    channel = ctx.channel
    assert channel is not None
    if channel.shaping is None and channel.bounds is not None:
        limit = max(limit, channel.bounds.constraints.request_bytes)
    if upload.length > limit:
        name = ctx.plan.service.name if ctx.plan is not None else "The service"
        message = f"{name} takes bodies of at most {limit} bytes. Send less, or upload a file and name it."
        raise GatewayError(413, "body_too_large", message)
