"""The heads that open a WebSocket: the client's is checked, the upstream's is written and its answer checked.

RFC 6455, section 4. Extensions are offered to nobody; subprotocols are passed through, except for our API key, which
browsers can send in no other way.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.api_keys import PREFIX
from gateway.context import Headers
from gateway.errors import GatewayError
from gateway.upstream.errors import UpstreamBadResponse

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_MAX_PROTOCOLS = 32
#: Chosen when a browser sends its key as a subprotocol and the service chooses none: browsers want one.
OWN_PROTOCOL = "svcpass"
_OURS = b"sec-websocket-"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for. key: of the handshake; protocols: for the service, in the client's order.

    api_key: sent among the subprotocols, or ""; names_ours: the client also offers OWN_PROTOCOL.
    """

    key: bytes
    protocols: tuple[str, ...]
    api_key: str = field(default="", repr=False)
    names_ours: bool = False


def read(headers: Headers) -> Asked:
    """Return what the head of a request asks for. Raises GatewayError 400, 426."""
    version = _all(headers, b"sec-websocket-version")
    if not version:
        raise GatewayError(400, "websocket_malformed", "Say with 'Sec-WebSocket-Version: 13' which version you speak.")
    if version != [b"13"]:
        message = "WebSockets are spoken in version 13. Send 'Sec-WebSocket-Version: 13' once."
        raise GatewayError(426, "websocket_malformed", message)
    keys = _all(headers, b"sec-websocket-key")
    if len(keys) != 1 or not _is_key(keys[0]):
        message = "The request to open a WebSocket needs one Sec-WebSocket-Key: 16 bytes in base 64."
        raise GatewayError(400, "websocket_malformed", message)
    offered = _protocols(headers)
    api_key = next((each for each in offered if each.startswith(PREFIX)), "")
    kept = tuple(each for each in offered if not each.startswith(PREFIX) and each != OWN_PROTOCOL)
    return Asked(keys[0], kept, api_key, OWN_PROTOCOL in offered)


def new_key() -> bytes:
    """Return a key for a handshake of our own."""
    return base64.b64encode(os.urandom(16))


def accept(key: bytes) -> bytes:
    """Return what a server answers to a key."""
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def request(target: bytes, authority: bytes, headers: Headers, key: bytes, protocols: tuple[str, ...]) -> bytes:
    """Return the head of the request to an upstream. headers: already fit for it."""
    lines = [b"GET " + target + b" HTTP/1.1", b"host: " + authority]
    lines += [name + b": " + value for name, value in without_own(headers)]
    lines += [b"connection: Upgrade", b"upgrade: websocket", b"sec-websocket-version: 13", b"sec-websocket-key: " + key]
    if protocols:
        lines.append(b"sec-websocket-protocol: " + ", ".join(protocols).encode())
    return b"\r\n".join(lines) + b"\r\n\r\n"


def agreed(headers: Headers, key: bytes, protocols: tuple[str, ...], host: str) -> str:
    """Return the subprotocol that an upstream chose, or "". Raises UpstreamBadResponse."""
    if _all(headers, b"sec-websocket-accept") != [accept(key)]:
        raise UpstreamBadResponse(f"{host} opened a WebSocket with the wrong Sec-WebSocket-Accept.")
    if [value.lower() for value in _all(headers, b"upgrade")] != [b"websocket"]:
        raise UpstreamBadResponse(f"{host} switched to another protocol than WebSocket.")
    if _all(headers, b"sec-websocket-extensions"):
        raise UpstreamBadResponse(f"{host} uses an extension that nobody offered.")
    chosen = _all(headers, b"sec-websocket-protocol")
    if len(chosen) > 1 or (chosen and chosen[0].decode("latin-1") not in protocols):
        raise UpstreamBadResponse(f"{host} chose a subprotocol that nobody offered.")
    return chosen[0].decode("latin-1") if chosen else ""


def without_own(headers: Headers) -> Headers:
    """Return the headers that are not about the handshake itself."""
    return [pair for pair in headers if not pair[0].lower().startswith(_OURS)]


def _protocols(headers: Headers) -> list[str]:
    offered = [
        token.strip(" \t")
        for value in _all(headers, b"sec-websocket-protocol")
        for token in value.decode("latin-1").split(",")
    ]
    if len(offered) > _MAX_PROTOCOLS or len(set(offered)) < len(offered) or not all(map(_TOKEN.fullmatch, offered)):
        message = f"Sec-WebSocket-Protocol names at most {_MAX_PROTOCOLS} subprotocols, each a word and each once."
        raise GatewayError(400, "websocket_malformed", message)
    return offered


def _is_key(value: bytes) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _all(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]
