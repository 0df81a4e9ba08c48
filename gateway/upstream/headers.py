"""Which headers cross from the client to the upstream, and which come back.

A list of pairs in, a list of pairs out: order, repetitions and spelling are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.api_keys import PREFIX
from gateway.upstream.errors import BadRequestHead

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection te trailer trailers transfer-encoding upgrade http2-settings".split()
)
_NOT_UPSTREAM = HOP_BY_HOP | frozenset(
    # the customer's credentials for us, in the spellings of the popular clients
    b"authorization x-api-key api-key x-goog-api-key cookie cookie2 "
    # who and where the customer is, and what proxies on the way said about it
    b"forwarded x-real-ip via x-client-ip true-client-ip cf-connecting-ip x-cluster-client-ip "
    # written anew for the upstream
    b"host content-length accept-encoding expect".split()
)
_NOT_DOWNSTREAM = HOP_BY_HOP | frozenset(
    b"set-cookie set-cookie2 strict-transport-security alt-svc server-timing timing-allow-origin clear-site-data "
    b"public-key-pins nel report-to reporting-endpoints origin-agent-cluster service-worker-allowed refresh "
    b"forwarded x-real-ip via "
    # what the gateway and its server say themselves
    b"x-request-id date server".split()
)
_NEVER = (b"proxy-", b"x-forwarded-", b"x-usvc-", b"x-unitysvc-")
_IDENTITY = (b"accept-encoding", b"identity")
_OUR_KEY = PREFIX.encode()

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_KEEP_NAMES = 4096
#: What a Connection header says that names no other header.
_PLAIN = frozenset((b"", b"close", b"keep-alive"))


class _Filter:
    """Remembers the verdict on each name it has seen, so that a header costs one look-up."""

    def __init__(self, dropped: frozenset[bytes], prefixes: tuple[bytes, ...], forbidden: bytes = b"") -> None:
        """forbidden: what no value may hold."""
        self._dropped = dropped
        self._prefixes = prefixes
        self._forbidden = forbidden
        self._verdicts: dict[bytes, bool] = {}

    def passed(self, headers: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Return the headers that may pass, in one walk over them."""
        verdicts, forbidden = self._verdicts, self._forbidden
        kept: Headers = []
        listed: set[bytes] = set()
        for pair in headers:
            name, value = pair
            verdict = verdicts.get(name)
            if verdict is None:
                verdict = self._judge(name)
            if verdict:
                if not forbidden or forbidden not in value:
                    kept.append(pair)
            elif len(name) == 10 and name.lower() == b"connection":
                listed.update(token.strip().lower() for token in value.split(b","))
        if listed - _PLAIN:
            kept = [pair for pair in kept if pair[0].lower() not in listed]
        return kept

    def lets(self, name: bytes) -> bool:
        """Return the verdict on a name."""
        verdict = self._verdicts.get(name)
        return self._judge(name) if verdict is None else verdict

    def _judge(self, name: bytes) -> bool:
        low = name.lower()
        # an underscore reads as a hyphen behind some servers, and so would go round this list
        verdict = low.replace(b"_", b"-") == low and low not in self._dropped and not low.startswith(self._prefixes)
        if len(self._verdicts) >= _KEEP_NAMES:
            self._verdicts.clear()
        self._verdicts[name] = verdict
        return verdict


_UPSTREAM = _Filter(_NOT_UPSTREAM, _NEVER, forbidden=_OUR_KEY)
_DOWNSTREAM = _Filter(_NOT_DOWNSTREAM, (*_NEVER, b"access-control-"))


def for_upstream(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the client's headers that may go to an upstream, and `accept-encoding: identity`.

    No header goes that holds one of our API keys, whatever its name.
    """
    kept = _UPSTREAM.passed(headers)
    kept.append(_IDENTITY)
    return kept


def may_go_up(name: bytes) -> bool:
    """Return whether a client's header of that name may go to an upstream."""
    return _UPSTREAM.lets(name)


def may_come_back(name: bytes) -> bool:
    """Return whether an upstream's header of that name may go to a client."""
    return _DOWNSTREAM.lets(name)


def for_client(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the upstream's headers that may go to the client. content-length is kept: the body is passed as it is."""
    return _DOWNSTREAM.passed(headers)


def check(name: bytes, value: bytes) -> None:
    """Raise BadRequestHead unless a header that we write ourselves cannot change the framing around it."""
    if not _NAME.fullmatch(name) or _UNSAFE_VALUE.search(value) or value != value.strip(b" \t"):
        raise BadRequestHead("A header to the upstream has a name or a value that HTTP does not allow.")
