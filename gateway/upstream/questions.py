"""What a connection is asked, by whom, and to whom it belongs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gateway.upstream.egress import Origin
from gateway.upstream.limits import Timeouts
from gateway.upstream.outbox import Outbox
from gateway.upstream.response import UpstreamResponse
from gateway.upstream.whole import Whole

if TYPE_CHECKING:
    from gateway.upstream.connection import Connection

Body = bytes | AsyncIterator[bytes] | None


class Owner(Protocol):
    """Who hands connections out. outbox: by which they send whole requests."""

    outbox: Outbox

    def free(self, connection: Connection) -> None: ...

    def drop(self, connection: Connection) -> None: ...

    def unreserve(self, origin: Origin) -> None: ...


class Asker(Protocol):
    """Who sends a request and does not wait: told of the answer in one of two ways."""

    def take_whole(self, answer: Whole) -> None:
        """Take an answer that came whole, in one piece. The connection may be used by others from here on."""
        ...

    def take_response(self, response: UpstreamResponse) -> None:
        """Take what an answer comes in that comes in pieces, or what comes in place of one."""
        ...


@dataclass(slots=True)
class Question:
    """A request ready to send. length: of the body, None for chunked; ends_at: in the loop's time.

    bodiless: the answer has no body whatever its head says (HEAD).
    """

    head: bytes
    body: Body
    length: int | None
    bodiless: bool
    timeouts: Timeouts
    ends_at: float

    @property
    def is_replayable(self) -> bool:
        """Whether it can be sent a second time."""
        return self.body is None or isinstance(self.body, bytes)
