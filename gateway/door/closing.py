"""How a connection ends: with an answer that is read to its end, and never in the middle of one."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from gateway.door import answers, contexts
from gateway.door.call import Call
from gateway.door.desk import Desk
from gateway.door.pacing import PacedProtocol
from gateway.errors import GatewayError
from gateway.responses import Answer, error_answer

DEFAULTS = answers.DefaultHeaders()


class ClosingProtocol(PacedProtocol):
    """A connection that may be refused more than it has asked. It is deaf when nothing that still comes in counts."""

    __slots__ = ("_is_deaf",)
    _desk: Desk

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._is_deaf = False

    def _close(self) -> None:
        """Close once everything has been sent, or when the client does not read it."""
        self.transport.close()
        self.deadline = self.loop.time() + self._limits.unread_seconds

    def _outlive(self, call: Call) -> None:
        """Let the server's shutdown wait for a call whose connection it no longer sees."""
        ended = call.ended()
        self.tasks.add(ended)
        ended.add_done_callback(self.tasks.discard)

    def _refuse(self, error: GatewayError) -> None:
        """Answer what is not even a call, and close: nobody knows where the next request would begin."""
        if self._call is not None or self.has_page_under_way:
            self._stop_listening()
            return
        answer = error_answer(error, request_id=contexts.fresh_id(), site_url=self._desk.deps.settings.site_url)
        self._write_answer(answer, framing=b"connection: close\r\n")
        self._linger()

    def _linger(self) -> None:
        """Close once the client had the time to read what was said. What it still sends is thrown away."""
        self._is_deaf = True
        self._upload = None
        self.flow.resume_reading()
        # closing at once would reset the connection while the client still sends, and take the answer from it
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
        self.deadline = self.loop.time() + self._limits.linger_seconds

    def _write_answer(self, answer: Answer, framing: bytes = b"") -> None:
        defaults = DEFAULTS.rendered(self.server_state.default_headers)
        self.write(answers.render(answer.status, defaults, answer.headers, framing) + answer.body)

    def _stop_listening(self) -> None:
        """Let what is under way be the last on this connection."""
        self._is_deaf = True
        if self._call is not None:
            self._call.close_after()
        else:
            self.close_after_page()
