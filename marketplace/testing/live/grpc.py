"""A unary call of gRPC as a test makes it, over HTTP/2 without its client's machinery: h2 speaks, a socket carries."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error

from marketplace.testing import calling
from marketplace.testing.calling import ANSWER_BYTES, Answer

OK, UNIMPLEMENTED = 0, 12
NAMES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
_SECONDS, _CONNECT_SECONDS = 45.0, 5.0
_DEADLINE = b"30S"


@dataclass(slots=True)
class _Reply:
    """What has come. trailers: those of the end, or the head when there is nothing else."""

    head: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    is_over: bool = False


def call(url: str, *, token: str, headers: dict[str, str], message: bytes) -> Answer:
    """Make a call with a call token. The answer's status is HTTP's; its headers hold `grpc-status`.

    message: why the gateway did not answer, or what its refusal says. text: the first message that came, as Latin-1.
    """
    began = time.monotonic()
    try:
        with _connected(url) as connection:
            reply = _exchange(connection, url, {**headers, "authorization": f"Bearer {token}"}, message, began)
    except (OSError, H2Error, ValueError) as error:
        return calling.unanswered(error, began)
    told = {**reply.head, **reply.trailers}
    code = told.get("x-usvc-error", "")
    if "grpc-status" not in told and not code:
        return Answer(0, message="the gateway ended the call without a status", duration_ms=calling.ms(began))
    said = unquote(told.get("grpc-message", "")) if code else ""
    if not code and "x-usvc-channel" not in told:
        code, said = "unknown_answer", "the answer is not the gateway's"
    return Answer(int(told.get(":status", "0")), reply.data[5:].decode("latin-1"), code, said, calling.ms(began), told)


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    is_secure = parts.scheme == "https"
    raw = socket.create_connection((parts.hostname or "", parts.port or (443 if is_secure else 80)), _CONNECT_SECONDS)
    if not is_secure:
        return raw
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(raw, server_hostname=parts.hostname)


def _exchange(connection: socket.socket, url: str, headers: dict[str, str], message: bytes, began: float) -> _Reply:
    h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    h2.initiate_connection()
    h2.send_headers(1, _head(url, headers))
    h2.send_data(1, b"\0" + len(message).to_bytes(4) + message, end_stream=True)
    reply = _Reply()
    while True:
        connection.settimeout(max(_SECONDS - (time.monotonic() - began), 0.001))
        connection.sendall(h2.data_to_send())
        if reply.is_over or len(reply.data) > ANSWER_BYTES:
            return reply
        piece = connection.recv(65536)
        if not piece:
            return reply
        for event in h2.receive_data(piece):
            _take(event, reply, h2)


def _head(url: str, headers: dict[str, str]) -> list[tuple[str, str]]:
    parts = urlsplit(url)
    own = [(":method", "POST"), (":scheme", parts.scheme), (":path", parts.path), (":authority", parts.netloc)]
    framing = [("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", _DEADLINE.decode())]
    return [*own, *framing, *headers.items()]


def _take(event: Event, reply: _Reply, h2: H2Connection) -> None:
    match event:
        case ResponseReceived():
            reply.head = _named(event.headers)
        case TrailersReceived():
            reply.trailers = _named(event.headers)
        case DataReceived():
            reply.data += event.data or b""
            h2.acknowledge_received_data(event.flow_controlled_length or 0, 1)
        case StreamEnded() | StreamReset() | ConnectionTerminated():
            reply.is_over = True


def _named(headers: object) -> dict[str, str]:
    assert isinstance(headers, list)
    return {str(name): str(value) for name, value in headers}
