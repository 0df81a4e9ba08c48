"""What can go wrong between us and an upstream. `code` is for machines, the message says what happened where."""

from __future__ import annotations

from typing import ClassVar


class UpstreamError(Exception):
    """A call to an upstream did not succeed. Messages never hold header values, bodies or queries."""

    code: ClassVar[str] = "upstream_error"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class EgressRefused(UpstreamError):
    """The address is one that calls may not go to. Nothing was sent."""

    code = "egress_refused"


class UpstreamRefused(UpstreamError):
    """No connection: unknown host, refused, unreachable, or a certificate that does not fit. Nothing was sent."""

    code = "upstream_refused"


class UpstreamBusy(UpstreamError):
    """As many connections to this host are in use as one host may have. Nothing was sent."""

    code = "upstream_busy"


class UpstreamOpen(UpstreamError):
    """The host has not answered the last calls and is left alone for a while. Nothing was sent."""

    code = "upstream_circuit_open"
    #: until it is tried again
    seconds = 0.0

    def __init__(self, message: str, *, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(message)


class UpstreamTimeout(UpstreamError):
    """The upstream took too long. phase: connect, send, first_byte, idle or total."""

    code = "upstream_timeout"

    def __init__(self, phase: str, host: str, *, received_bytes: int = 0) -> None:
        self.phase = phase
        self.received_bytes = received_bytes
        super().__init__(f"{host} did not answer in time ({phase}).")


class UpstreamClosed(UpstreamError):
    """The connection ended before the answer did. received_bytes: of the body."""

    code = "upstream_closed"

    def __init__(self, message: str, *, received_bytes: int = 0) -> None:
        self.received_bytes = received_bytes
        super().__init__(message)


class UpstreamBadResponse(UpstreamError):
    """What came back is not an HTTP/1 answer that can be read in one way only, or its head is too large."""

    code = "upstream_bad_response"


class BadRequestHead(UpstreamError):
    """A method, address or header that we were about to send would break the framing. Nothing was sent."""

    code = "bad_request_head"
