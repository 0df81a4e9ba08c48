"""The way back of a plain call to its client."""

from __future__ import annotations

from typing import Protocol

from gateway import pipeline, telling
from gateway.context import Headers, RequestContext
from gateway.errors import GatewayError
from gateway.spool.errors import SpoolError
from gateway.tally import Tally
from gateway.upstream.errors import UpstreamError


class WayBack(Protocol):
    """Who wants the answer. What is put there after the client has gone goes nowhere."""

    @property
    def is_gone(self) -> bool: ...
    @property
    def is_paused(self) -> bool: ...

    def put_head(self, status: int, headers: Headers) -> None: ...

    def put_body(self, body: bytes, last: bool) -> None: ...

    def put_whole(self, status: int, lines: bytes, body: bytes) -> None:
        """Send an answer that is all here. lines: of its head, each with its end, the length of the body among them."""
        ...

    def end(self, refusal: GatewayError | None = None) -> None: ...

    def go_on(self, tally: Tally) -> None:
        """Let the general way make a call that could not be sent."""
        ...


def refusal(error: BaseException | None, ctx: RequestContext) -> GatewayError:
    """Return what the client is told in place of an answer."""
    if isinstance(error, SpoolError):
        return pipeline.unavailable(error, ctx)
    if isinstance(error, UpstreamError):
        return telling.upstream_failed(error)
    return GatewayError(500, "internal_error", "The gateway failed. Call again; tell us the id.")
