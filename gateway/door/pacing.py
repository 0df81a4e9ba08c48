"""How fast the two sides of a connection go: who does not read is waited for, and what comes too fast waits."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from gateway.door.call import Call
from gateway.door.limits import DoorLimits
from gateway.door.pages import PageProtocol
from gateway.upload import Upload


class PacedProtocol(PageProtocol):
    """deadline: when it is looked at again, in the loop's time. is_write_paused: the client does not read."""

    __slots__ = ("_call", "_continue", "_upload", "_writable", "deadline", "is_write_paused")
    _limits: DoorLimits

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.deadline = math.inf
        self.is_write_paused = False
        self._writable: asyncio.Future[None] | None = None
        self._call: Call | None = None
        self._upload: Upload | None = None  # a body that is passed on while it comes
        self._continue = b""  # what a client waits for before it sends that body

    # what leaves

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_write_paused = True
        if self._call is not None:
            self.deadline = self.loop.time() + self._limits.unread_seconds

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.is_write_paused:
            self.is_write_paused = False
            if self._writable is not None and not self._writable.done():
                self._writable.set_result(None)
            if self._call is not None:
                self.deadline = math.inf
                self._call.resume()

    def write(self, piece: bytes) -> None:
        """Write; what one turn of the loop writes leaves together."""
        self.transport.write(piece)

    async def drained(self) -> None:
        """Wait until the client has read, or has gone."""
        while self.is_write_paused:
            self._writable = self.loop.create_future()
            await self._writable

    def _await_reader(self) -> None:
        """Give a client that does not read its time; what is awaited of one that does has all the time it needs."""
        self.deadline = self.loop.time() + self._limits.unread_seconds if self.is_write_paused else math.inf

    def _allow(self, seconds: float) -> None:
        """Give what comes next so many seconds, unless an answer is under way."""
        if self._call is None:
            self.deadline = self.loop.time() + seconds

    # what comes

    def open_upload(self, length: int, wanted: bytes) -> Upload:
        """Return a body that will be passed on while it comes. wanted: what its client waits for."""
        self._continue = wanted
        self._upload = upload = Upload(length, self)
        self.deadline = self.loop.time() + self._limits.body_idle_seconds
        return upload

    def begin_upload(self) -> None:
        if self._continue:
            self.write(self._continue)

    def take_upload(self, piece: bytes) -> None:
        assert self._upload is not None
        self.deadline = self.loop.time() + self._limits.body_idle_seconds
        self._upload.feed(piece)

    def pause_upload(self) -> None:
        self.deadline = math.inf
        self.flow.pause_reading()

    def resume_upload(self) -> None:
        if self._upload is not None:
            self.deadline = self.loop.time() + self._limits.body_idle_seconds
            self.flow.resume_reading()

    def end_upload(self) -> None:
        """Note that the body is whole."""
        assert self._upload is not None
        self._upload.end()
        self._upload = None
