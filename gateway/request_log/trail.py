"""What the client of one call gets: its head always, its body when it is asked for."""

from __future__ import annotations

import time

from domain.request_logs import COMPLETE_BYTES
from domain.usage import LogLevel
from gateway.context import Headers, RequestContext
from gateway.exchange import Client
from gateway.secrets import Secrets, SecretUnreadable
from gateway.stores.base import StoreUnavailable

#: Of a body that is kept in part, more than that is held: a secret across the cut must be found whole.
_HELD_FOR_A_PART = 64 * 1024


class Trail:
    """level: what of the bodies is kept. secrets: in clear, all that the call was made with; forgotten with the trail.

    are_secrets_known: whether every one of them could be read. If not, nothing of the answer may be kept.
    """

    __slots__ = ("_limit", "_opened", "_outer", "_request", "are_secrets_known", "head_at", "headers",
                 "level", "pieces", "secrets", "size", "status")  # fmt: skip

    def __init__(self, request: RequestContext, level: LogLevel, opened: Secrets) -> None:
        self.level, self._request, self._opened = level, request, opened
        self._limit = COMPLETE_BYTES if level == "complete" else _HELD_FOR_A_PART
        self.status = 0
        self.head_at = 0.0
        self.headers: Headers = []
        self.pieces: list[bytes] = []
        self.size = 0
        self.secrets: set[str] = set()
        self.are_secrets_known = True

    def around(self, client: Client) -> Client:
        """Return the client to hand to the call in place of its own."""
        self._outer = client
        body = client.send_body if self.level == "none" else self._take_body
        made = Client(self._take_head, body, is_gone=client.is_gone, is_trial=client.is_trial)
        client.on_leaving = made.leave
        return made

    async def read_secrets(self) -> None:
        """Read what the call was made with by now. Again at its end: a secret may be rotated while it runs."""
        for team_id, name in tuple(self._request.secrets_used):
            try:
                value = await self._opened.value(team_id, name)
            except (StoreUnavailable, SecretUnreadable):
                value = None
            if value is None:
                self.are_secrets_known = False
            else:
                self.secrets.add(value.text)

    async def _take_head(self, status: int, headers: Headers) -> None:
        self.status, self.headers, self.head_at = status, headers, time.monotonic()
        if self.level != "none":
            await self.read_secrets()
        await self._outer.send_head(status, headers)

    async def _take_body(self, body: bytes, last: bool) -> None:
        room = self._limit - self.size
        self.size += len(body)
        if body and room > 0:
            self.pieces.append(body[:room])
        await self._outer.send_body(body, last)
