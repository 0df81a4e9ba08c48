"""What is asked of an interface by the way in which it is reached, and what the answer comes to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.catalog import snippets
from marketplace.catalog.models import AccessMethod, Document, Service
from marketplace.testing import probes
from marketplace.testing.attribution import Verdict
from marketplace.testing.calling import Answer
from marketplace.testing.expectations import Expected, body_problem, expected
from marketplace.testing.live import grpc, websocket
from marketplace.testing.probes import Probe, ProbeUnusable
from marketplace.testing.stand_in import Tested

#: What is called when nobody names a method, and when it says that the service is at work: {status: SERVING}.
_HEALTH = "/grpc.health.v1.Health/Check"
_SERVING = b"\x08\x01"
_NOT_FOUND = 5
#: HTTP's words for statuses of gRPC; what is not listed is a failure of the upstream.
_AS_HTTP = {0: 200, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 404, 14: 503, 16: 401}
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class SocketProbe(Probe):
    """A handshake, and the body as one message of text."""

    def once(self, address: str, token: str) -> Answer:
        message = None if self.body is None else json.dumps(self.body, ensure_ascii=False)
        return websocket.call(address + self.path, token=token, headers=self.headers, message=message)

    def judge(self, answer: Answer) -> Verdict:
        if answer.code or answer.message:
            return Verdict(answer.status, answer.message, answer.code)
        if answer.status != websocket.AGREED:
            return Verdict(answer.status, f"the handshake was answered with status {answer.status} instead of 101")
        return Verdict(200, _unquoted(body_problem(self.expected, answer.text)))

    def shown(self, answer: Answer) -> str:
        return answer.message or f"{len(answer.text.encode())} bytes came back"


@dataclass(frozen=True, slots=True)
class RpcProbe(Probe):
    """A unary call. message: of protobuf."""

    message: bytes = b""

    def once(self, address: str, token: str) -> Answer:
        return grpc.call(address + self.path, token=token, headers=self.headers, message=self.message)

    def judge(self, answer: Answer) -> Verdict:
        if answer.code or answer.message:
            return Verdict(_status_of(answer), answer.message, answer.code)
        if other := answer.headers.get("x-usvc-upstream-status", ""):
            return Verdict(int(other), f"{self.path} was answered with HTTP status {other} and no gRPC")
        found = _code(answer)
        if self.path == _HEALTH:
            return Verdict(_status_of(answer), _health_problem(found, answer.text.encode("latin-1")))
        problem = "" if found == grpc.OK else f"{self.path} was answered with {_name(found)}"
        return Verdict(_status_of(answer), problem)

    def shown(self, answer: Answer) -> str:
        return answer.message or f"{_name(_code(answer))}, {len(answer.text)} bytes"


def asked(service: Service, tested: Tested, document: Document | None, *, address: str) -> Probe:
    """Return what to ask of an interface. Raises: ProbeUnusable."""
    match tested.interface.access_method:
        case AccessMethod.WEBSOCKET:
            return _socket(service, tested, document, address)
        case AccessMethod.GRPC:
            return _rpc(document)
    return probes.probe(service, tested, document, address=address)


def _socket(service: Service, tested: Tested, document: Document | None, address: str) -> SocketProbe:
    """Return the opening of a WebSocket; without a template nothing is sent, and nothing expected."""
    if document is None:
        return SocketProbe("WebSocket", "", Expected())
    template = probes.template(document, service, tested, address)
    told = _request(document)
    body = dict(snippets.sample(service, "", tested.routing_key, template).body) if template else {}
    return SocketProbe(
        "WebSocket",
        probes.path(told.get("path"), ""),
        expected(document.meta, is_told=True),
        headers=probes.headers(told.get("headers")),
        body=body,
    )


def _rpc(document: Document | None) -> RpcProbe:
    """Return the call of the template's method, or that of the standard health service."""
    told = _request(document)
    method = probes.path(told.get("path"), _HEALTH)
    if method.count("/") != 2 or "?" in method or method.endswith("/"):
        raise ProbeUnusable("meta.request.path is no method of gRPC; write package.Service/Method")
    return RpcProbe("gRPC", method, Expected(), probes.headers(told.get("headers")), message=_message(told))


def _message(told: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(told.get("message") or ""), validate=True)
    except (binascii.Error, ValueError):
        raise ProbeUnusable("meta.request.message is not base 64; write the bytes of the message in it") from None


def _request(document: Document | None) -> Mapping[str, Any]:
    told = document.meta.get("request") if document is not None else None
    return told if isinstance(told, Mapping) else {}


def _unquoted(problem: str) -> str:
    """Return a problem without the value that came: it might hold a secret."""
    where, is_value, _ = problem.partition(" instead of ")
    return f"{where.partition(' is ')[0]} is not what the template expects" if is_value else problem


def _health_problem(code: int, message: bytes) -> str:
    """Return what the health service says against the upstream. One that has none was reached all the same."""
    if code in {grpc.UNIMPLEMENTED, _NOT_FOUND}:
        return ""
    if code != grpc.OK:
        return f"the health service answered with {_name(code)}"
    return "" if message.startswith(_SERVING) else "the health service says that the service is not at work"


def _status_of(answer: Answer) -> int:
    if not answer.status:
        return 0
    return _AS_HTTP.get(_code(answer), _SERVER_ERROR)


def _code(answer: Answer) -> int:
    told = answer.headers.get("grpc-status", "")
    return int(told) if told.isdecimal() and len(told) < 3 else 2


def _name(code: int) -> str:
    return grpc.NAMES[code] if code < len(grpc.NAMES) else f"grpc-status {code}"
