"""What gRPC calls the errors of HTTP, and HTTP those of gRPC; how they and deadlines are written."""

from __future__ import annotations

import re

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = range(6)
PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION = 7, 8, 9
UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 12, 13, 14, 16

#: How a refusal of the gateway's own is told.
_OF_REFUSAL = {
    400: INVALID_ARGUMENT, 401: UNAUTHENTICATED, 402: RESOURCE_EXHAUSTED, 403: PERMISSION_DENIED, 404: NOT_FOUND,
    408: DEADLINE_EXCEEDED, 409: FAILED_PRECONDITION, 410: NOT_FOUND, 413: RESOURCE_EXHAUSTED, 422: INVALID_ARGUMENT,
    424: FAILED_PRECONDITION, 426: FAILED_PRECONDITION, 429: RESOURCE_EXHAUSTED, 500: INTERNAL, 501: UNIMPLEMENTED,
    502: UNAVAILABLE, 503: UNAVAILABLE, 504: DEADLINE_EXCEEDED,
}  # fmt: skip
#: What an answer over HTTP means that is no gRPC: "HTTP to gRPC Status Code Mapping" of the gRPC documentation.
_OF_HTTP = {400: INTERNAL, 401: UNAUTHENTICATED, 403: PERMISSION_DENIED, 404: UNIMPLEMENTED, 429: UNAVAILABLE,
            502: UNAVAILABLE, 503: UNAVAILABLE, 504: UNAVAILABLE}  # fmt: skip
#: What the books say of a call: google.rpc.Code's own mapping.
_AS_HTTP = {0: 200, 1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501,
            13: 500, 14: 503, 15: 500, 16: 401}  # fmt: skip
_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNITS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


def of_refusal(status: int) -> int:
    """Return the code of a refusal that HTTP calls so."""
    return _OF_REFUSAL.get(status, UNKNOWN)


def of_http(status: int) -> int:
    """Return what a client shall take an answer for that is no gRPC."""
    return _OF_HTTP.get(status, UNKNOWN)


def as_http(code: int) -> int:
    """Return the HTTP status that stands for a code in the books."""
    return _AS_HTTP.get(code, 500)


def read(value: bytes | None) -> int:
    """Return the code in a `grpc-status`; UNKNOWN when it is none."""
    return int(value) if value is not None and value.isdigit() and len(value) <= 2 else UNKNOWN


def seconds(timeout: bytes | None) -> float | None:
    """Return how long a `grpc-timeout` gives, or None without one. Raises ValueError."""
    if timeout is None:
        return None
    found = _TIMEOUT.fullmatch(timeout)
    if found is None:
        raise ValueError("The grpc-timeout is no time.")
    return int(found.group(1)) * _UNITS[found.group(2)]


def message(text: str) -> bytes:
    """Return a `grpc-message`: percent-encoded but for printable ASCII."""
    return b"".join(
        bytes((byte,)) if 0x20 <= byte <= 0x7E and byte != 0x25 else b"%%%02X" % byte for byte in text.encode()
    )
