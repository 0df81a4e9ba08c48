"""Which request heads are taken. llhttp has refused what it cannot read in one way; here is what it leaves open."""

from __future__ import annotations

import re

from gateway.context import Headers
from gateway.door.limits import DoorLimits
from gateway.errors import GatewayError

#: A name, an IPv4 address or a bracketed IPv6 address, and perhaps a port.
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
LENGTH_DIGITS = 18
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def malformed(what: str) -> GatewayError:
    """Return the refusal of a request that two readers could read in two ways."""
    message = f"This is not an HTTP/1.1 request that can be read in one way only: {what}. Send it anew."
    return GatewayError(400, "malformed_request", message)


def too_large() -> GatewayError:
    """Return the refusal of a head above the limits."""
    message = "The address and headers are too many or too long. Send at most 64 headers of 32 KiB in all."
    return GatewayError(431, "headers_too_large", message)


def body_too_large(limit: int) -> GatewayError:
    """Return the refusal of a body above the limit."""
    message = f"The body is larger than {limit} bytes. Send less, or upload a file and name it."
    return GatewayError(413, "body_too_large", message)


def too_slow() -> GatewayError:
    """Return the refusal of a request that does not come to its end."""
    return GatewayError(408, "request_timeout", "The request did not arrive in time. Send it again, faster.")


def check_method(method: bytes) -> None:
    """Raise GatewayError 405 for methods that are about the connection, not about a service."""
    if method in (b"CONNECT", b"TRACE"):
        message = "CONNECT and TRACE are not served. Call the service with another method."
        raise GatewayError(405, "method_not_served", message)


def check_size(headers: Headers, read_bytes: int, limits: DoorLimits) -> None:
    """Raise GatewayError 431 for a head above the limits. read_bytes: at least what the head took."""
    most = limits.header_bytes
    if len(headers) > limits.header_count:
        raise too_large()
    if read_bytes > most and sum(len(name) + len(value) + 4 for name, value in headers) > most:
        raise too_large()


def target_of(url: bytes, host: bytes) -> bytes:
    """Return the path and query of a request target. Raises GatewayError 400."""
    if b"#" in url:
        raise malformed("its address has a fragment")
    if url.startswith(b"/") or url == b"*":
        return url
    found = _ABSOLUTE.fullmatch(url)
    if found is None or found.group(1).lower() != host.lower():
        raise malformed("its address names another host than its Host header")
    rest = found.group(2)
    return rest if rest.startswith(b"/") else b"/" + rest


def length(value: bytes) -> int | None:
    """Return what a Content-Length says, or None when it is none."""
    return int(value) if value.isdigit() and len(value) <= LENGTH_DIGITS else None


class HeadCheck:
    """What the headers of one request say about its framing, gathered in the single pass over them."""

    __slots__ = ("coding", "expects_continue", "host", "length")

    def __init__(self) -> None:
        self.host: bytes | None = None
        self.length: int | None = None
        self.coding: bytes | None = None
        self.expects_continue = False

    def take(self, name: bytes, value: bytes) -> None:
        """Look at a header of those that matter here. Raises GatewayError 400, 417."""
        if name == b"host":
            if self.host is not None or not _HOST.fullmatch(value):
                raise malformed("it must have exactly one Host header with a host name")
            self.host = value
        elif name == b"content-length":
            if self.length is not None or (number := length(value)) is None:
                raise malformed("its Content-Length is no length")
            self.length = number
        elif name == b"transfer-encoding":
            if self.coding is not None or value.lower() != b"chunked":
                raise malformed("its Transfer-Encoding is not 'chunked'")
            self.coding = value
        elif name == b"expect":
            if value.lower() != b"100-continue":
                raise GatewayError(417, "expectation_failed", "Of all expectations only '100-continue' can be met.")
            self.expects_continue = True

    def finish(self, version: str) -> bytes:
        """Return the host. Raises GatewayError 400, 505."""
        if version not in ("1.1", "1.0"):
            raise GatewayError(505, "http_version_not_served", "Speak HTTP/1.1, or HTTP/2 to the proxy in front.")
        if self.coding is not None and (self.length is not None or version == "1.0"):
            raise malformed("it frames its body in two ways")
        if self.host is None and version == "1.1":
            raise malformed("it must have exactly one Host header with a host name")
        return self.host or b""

    def check_upgrade(self, method: bytes, headers: Headers) -> None:
        """Raise GatewayError 400 unless a request that asks for another protocol asks for a WebSocket."""
        if next((value for name, value in headers if name == b"upgrade"), b"").lower() != b"websocket":
            raise malformed("it asks for a protocol that is not served here")
        if method != b"GET" or self.length or self.coding is not None:
            raise malformed("a WebSocket is asked for by GET, without a body")


#: The headers that `HeadCheck.take` looks at.
WATCHED = frozenset((b"host", b"content-length", b"transfer-encoding", b"expect"))


def reason(error: Exception) -> str:
    """Return what the parser says, as the end of a sentence."""
    return str(error).rstrip(".").lower() or "it does not follow the grammar"
