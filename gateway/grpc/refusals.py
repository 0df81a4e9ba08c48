"""What is said no to in gRPC's own words, or in HTTP's to those who speak no gRPC."""

from __future__ import annotations

from gateway.context import Headers
from gateway.errors import GatewayError
from gateway.grpc import status

_CONTENT_TYPE = (b"content-type", b"application/grpc")


def of_head(headers: Headers) -> GatewayError | None:
    """Return why the head of a stream is no gRPC call, or None."""
    named = dict(headers)
    if named.get(b":method") != b"POST" or not named.get(b"content-type", b"").startswith(b"application/grpc"):
        message = "Over HTTP/2 only gRPC is served: POST with application/grpc. Make other calls with HTTP/1.1."
        return GatewayError(415, "not_grpc", message)
    try:
        status.seconds(named.get(b"grpc-timeout"))
    except ValueError:
        return GatewayError(400, "grpc_malformed", "The grpc-timeout is no time. Send digits and one of H M S m u n.")
    return None


def trailers(code: int, message: str) -> Headers:
    """Return the end of a call that has begun."""
    return [(b"grpc-status", str(code).encode()), (b"grpc-message", status.message(message))]


def answer(error: GatewayError, own: Headers) -> Headers:
    """Return a whole answer that is a refusal. own: what we tell of the call."""
    if error.status == 415:
        told = [(b":status", b"415"), (b"content-type", b"text/plain"), (b"content-length", b"0")]
        return [*told, (b"grpc-message", status.message(error.message)), *own]
    extra = [(b"retry-after", str(error.retry_after_seconds).encode())] if error.retry_after_seconds is not None else []
    code = trailers(status.of_refusal(error.status), error.message)
    return [(b":status", b"200"), _CONTENT_TYPE, *code, (b"x-usvc-error", error.code.encode()), *extra, *own]
