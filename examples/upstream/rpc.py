"""gRPC beside HTTP, on the same port: `demo.Echo` sends back what it is sent, below `/<account>/rpc`.

    syntax = "proto3";
    package demo;
    message EchoMessage { string text = 1; }
    service Echo {
      rpc Unary (EchoMessage) returns (EchoMessage);
      rpc Talk (stream EchoMessage) returns (stream EchoMessage);
    }

Messages are never unpacked: their bytes go back as they came.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import H2Error
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from examples.upstream import accounts

_PREFACE = b"PRI * HTTP/2.0"
_METHODS = {"demo.Echo/Unary", "demo.Echo/Talk"}
_UNIMPLEMENTED, _UNAUTHENTICATED = "12", "16"
_HEAD = [(":status", "200"), ("content-type", "application/grpc")]

Headers = dict[str, str]


class Doorway(HttpToolsProtocol):
    """HTTP/1.1 for whoever speaks it; a connection that begins with HTTP/2's preface is gRPC."""

    def data_received(self, data: bytes) -> None:
        if data.startswith(_PREFACE) and self.cycle is None:
            self._unset_keepalive_if_required()
            self.connections.discard(self)
            rpc = Rpc()
            self.transport.set_protocol(rpc)
            rpc.connection_made(self.transport)
            rpc.data_received(data)
        else:
            super().data_received(data)


@dataclass(slots=True)
class _Echo:
    """What one call still has to send back. is_whole: its caller has said everything."""

    waiting: bytearray = field(default_factory=bytearray)
    is_whole: bool = False


class Rpc(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._calls: dict[int, _Echo] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._h2.initiate_connection()
        self._write()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
            for id in list(self._calls):
                self._send_back(id)
        except H2Error:
            self._transport.close()
        self._write()

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=id, headers=headers):
                self._begin(id, {str(name): str(value) for name, value in headers})
            case DataReceived(stream_id=id, data=data) if (call := self._calls.get(id)) is not None:
                call.waiting += data
                self._h2.acknowledge_received_data(event.flow_controlled_length, id)
            case StreamEnded(stream_id=id) if (call := self._calls.get(id)) is not None:
                call.is_whole = True
            case StreamReset(stream_id=id):
                self._calls.pop(id, None)

    def _begin(self, id: int, headers: Headers) -> None:
        account, _, method = headers.get(":path", "").strip("/").partition("/rpc/")
        if not accounts.may_call(account, headers):
            self._refuse(id, _UNAUTHENTICATED, "Incorrect API key provided.")
        elif method not in _METHODS:
            self._refuse(id, _UNIMPLEMENTED, f"Nothing answers {method}.")
        else:
            self._calls[id] = _Echo()
            self._h2.send_headers(id, _HEAD)

    def _refuse(self, id: int, status: str, message: str) -> None:
        self._h2.send_headers(id, [*_HEAD, ("grpc-status", status), ("grpc-message", message)], end_stream=True)

    def _send_back(self, id: int) -> None:
        call = self._calls[id]
        while call.waiting and (room := self._room(id)):
            piece, call.waiting = bytes(call.waiting[:room]), call.waiting[room:]
            self._h2.send_data(id, piece)
        if call.is_whole and not call.waiting:
            del self._calls[id]
            self._h2.send_headers(id, [("grpc-status", "0")], end_stream=True)

    def _room(self, id: int) -> int:
        return max(0, min(self._h2.local_flow_control_window(id), self._h2.max_outbound_frame_size))

    def _write(self) -> None:
        if data := self._h2.data_to_send():
            self._transport.write(data)
