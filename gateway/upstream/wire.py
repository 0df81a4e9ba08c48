"""The head of a request as bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.upstream.errors import BadRequestHead
from gateway.upstream.headers import HOP_BY_HOP

_METHOD = re.compile(r"[A-Z]{1,20}")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_OURS = HOP_BY_HOP | frozenset((b"host", b"content-length", b"expect"))
_CONTROLS = bytes([*range(9), *range(10, 32), 127])
#: Methods whose requests tell a length even without a body.
EXPECT_BODY = frozenset(("POST", "PUT", "PATCH"))
_KEEP_NAMES = 4096
_sent: dict[bytes, bool] = {}


def request_head(
    method: str,
    target: bytes,
    authority: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    length: int | None,
    has_body: bool,
) -> bytes:
    """Return request line and headers, up to and with the empty line.

    Hop-by-hop and framing headers of the caller are left out. length: of the body, None for chunked.
    Raises: BadRequestHead.
    """
    head = lines(method, target, authority, headers)
    if length is not None and (has_body or method in EXPECT_BODY):
        return b"%bcontent-length: %d\r\n\r\n" % (head, length)
    return head + (b"transfer-encoding: chunked\r\n\r\n" if has_body else b"\r\n")


def lines(method: str, target: bytes, authority: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return request line and headers without those that frame the body. Raises: BadRequestHead."""
    if not _METHOD.fullmatch(method) or method == "CONNECT":
        raise BadRequestHead(f"{method!r:.40} is not a method that is sent to upstreams.")
    kept = [method.encode() + b" " + target + b" HTTP/1.1", b"host: " + authority]
    for name, value in headers:
        verdict = _sent.get(name)
        if verdict or (verdict is None and _is_sent(name)):
            kept.append(name + b": " + value)
    kept.append(b"")
    head = b"\r\n".join(kept)
    # exactly our own line ends and no other control character: no value can start a header of its own
    if len(head) - len(head.translate(None, _CONTROLS)) != 2 * (len(kept) - 1):
        raise BadRequestHead("A header to the upstream holds a line break or another control character.")
    return head


def _is_sent(name: bytes) -> bool:
    if not _NAME.fullmatch(name):
        raise BadRequestHead("A header to the upstream has a name that HTTP does not allow.")
    low = name.lower()
    verdict = low not in _OURS and not low.startswith(b"proxy-")
    if len(_sent) >= _KEEP_NAMES:
        _sent.clear()
    _sent[name] = verdict
    return verdict
