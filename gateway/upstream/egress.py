"""The egress guard: an address is checked, its host resolved, and every answer must be public.

What is returned are the checked IP addresses; the client connects to one of them and verifies TLS against the host.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from domain.addresses import UnsafeHost, canonical_host, is_public
from gateway.upstream.errors import EgressRefused, UpstreamRefused, UpstreamTimeout

#: Blocking: the addresses of a host, as text. Raises OSError.
Resolve = Callable[[str, int], list[str]]

MAX_URL = 8192
_MAX_ANSWERS = 64  # all are checked
_MAX_CANDIDATES = 10  # of them may be connected to
_RESOLVE_SECONDS = 2.0
_KEEP_SECONDS = 30.0
_KEEP_FAILURE_SECONDS = 2.0
_KEEP_HOSTS = 10_000
_KEEP_URLS, _KEEP_URL_BYTES = 4096, 512
_DEFAULT_PORTS = {"http": 80, "https": 443}
# visible ASCII; no fragment, no backslash: parsers disagree on what they mean
_URL = re.compile(r"(https?://[^/?#\\]+)((?:/[!-\"$-\[\]-~]*)?(?:\?[!-\"$-\[\]-~]*)?)")
_AUTHORITY = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Where calls may go. allow_private opens private addresses, plain http and every port: for development only.

    denied_hosts: our own names. denied_addresses: our own public addresses.
    """

    allow_private: bool = False
    allow_http: bool = False
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    denied_hosts: frozenset[str] = frozenset()
    denied_addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, canonical host and port. name: all three, the key of every table; authority: for the Host header."""

    name: str
    scheme: str
    host: str
    port: int
    authority: bytes


class EgressGuard:
    """Turns addresses into checked origins and origins into checked IP addresses, which are kept for 30 s."""

    def __init__(self, policy: EgressPolicy, *, resolve: Resolve | None = None) -> None:
        self._policy = policy
        self._resolve = resolve or _resolve
        # a name server that hangs must not take the threads that others need
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="resolver")
        self._checked: dict[str, tuple[float, tuple[str, ...] | EgressRefused | UpstreamRefused]] = {}
        self._lookups: dict[str, asyncio.Future[list[str]]] = {}
        self._splits: dict[str, tuple[Origin, bytes]] = {}
        self._origin = lru_cache(maxsize=_KEEP_HOSTS)(self._parse_origin)

    def split(self, url: str) -> tuple[Origin, bytes]:
        """Return the origin of an absolute address and its request target. Raises: EgressRefused."""
        known = self._splits.get(url)
        if known is not None:
            return known
        match = _URL.fullmatch(url) if len(url) <= MAX_URL else None
        if match is None:
            raise EgressRefused("The upstream address is not an absolute http(s) address of visible ASCII characters.")
        target = match.group(2)
        if not target.startswith("/"):
            target = "/" + target
        split = self._origin(match.group(1)), target.encode("ascii")
        if len(url) <= _KEEP_URL_BYTES:
            if len(self._splits) >= _KEEP_URLS:
                self._splits.clear()
            self._splits[url] = split
        return split

    def known(self, origin: Origin, now: float) -> tuple[str, ...] | None:
        """Return the addresses checked within the last 30 s, or None when `addresses` has to be awaited."""
        kept = self._checked.get(origin.name)
        if kept is None or kept[0] <= now or not isinstance(kept[1], tuple):
            return None
        return kept[1]

    async def addresses(self, origin: Origin) -> tuple[str, ...]:
        """Return the addresses of an origin, all of them public, at most ten, in the resolver's order.

        Raises: EgressRefused when one answer is not public; UpstreamRefused when there is none; UpstreamTimeout.
        """
        loop = asyncio.get_running_loop()
        kept = self._checked.get(origin.name)
        if kept is None or kept[0] <= loop.time():
            kept = self._keep(origin, await self._look_up(origin, loop), loop.time())
        if isinstance(kept[1], tuple):
            return kept[1]
        raise kept[1].__class__(kept[1].message)

    def close(self) -> None:
        """Stop the resolver's threads without waiting for look-ups that hang."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _keep(
        self, origin: Origin, answers: list[str] | UpstreamRefused, now: float
    ) -> tuple[float, tuple[str, ...] | EgressRefused | UpstreamRefused]:
        checked: tuple[str, ...] | EgressRefused | UpstreamRefused
        checked = answers if isinstance(answers, UpstreamRefused) else self._check(origin, answers)
        seconds = _KEEP_SECONDS if isinstance(checked, tuple) else _KEEP_FAILURE_SECONDS
        if len(self._checked) >= _KEEP_HOSTS:
            self._checked.clear()
        self._checked[origin.name] = kept = (now + seconds, checked)
        return kept

    def _check(self, origin: Origin, answers: list[str]) -> tuple[str, ...] | EgressRefused | UpstreamRefused:
        if not answers:
            return UpstreamRefused(f"The name {origin.host} has no address.")
        if len(answers) > _MAX_ANSWERS:
            return EgressRefused(f"The name {origin.host} has more than {_MAX_ANSWERS} addresses.")
        if not all(self._may_connect(address) for address in answers):
            return EgressRefused(f"{origin.host} does not lead to the public internet.")
        return tuple(answers[:_MAX_CANDIDATES])

    def _may_connect(self, address: str) -> bool:
        if address in self._policy.denied_addresses:
            return False
        return self._policy.allow_private or is_public(address)

    async def _look_up(self, origin: Origin, loop: asyncio.AbstractEventLoop) -> list[str] | UpstreamRefused:
        if _is_literal(origin.host):
            return [origin.host]
        lookup = self._lookups.get(origin.name)
        if lookup is None:
            lookup = loop.run_in_executor(self._threads, self._resolve, origin.host, origin.port)
            self._lookups[origin.name] = lookup
            lookup.add_done_callback(lambda done: self._forget(origin, done))
        try:
            async with asyncio.timeout(_RESOLVE_SECONDS):
                return await asyncio.shield(lookup)
        except TimeoutError:
            raise UpstreamTimeout("resolve", origin.host) from None
        except (OSError, UnicodeError):
            return UpstreamRefused(f"The name {origin.host} cannot be resolved.")

    def _forget(self, origin: Origin, lookup: asyncio.Future[list[str]]) -> None:
        self._lookups.pop(origin.name, None)
        if not lookup.cancelled():
            lookup.exception()  # seen: the one who waited may have gone

    def _parse_origin(self, text: str) -> Origin:
        match = _AUTHORITY.fullmatch(text)
        if match is None:
            raise EgressRefused("The upstream address must name a host, without user name and password.")
        scheme, port = match.group(1), int(match.group(3) or _DEFAULT_PORTS[match.group(1)])
        try:
            host = canonical_host(match.group(2))
        except UnsafeHost as error:
            raise EgressRefused(error.message) from None
        self._check_policy(scheme, host, port)
        shown = f"[{host}]" if ":" in host else host
        authority = shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"
        return Origin(f"{scheme}://{shown}:{port}", scheme, host, port, authority.encode("ascii"))

    def _check_policy(self, scheme: str, host: str, port: int) -> None:
        policy = self._policy
        if host in policy.denied_hosts:
            raise EgressRefused(f"{host} is this platform itself.")
        if policy.allow_private and 0 < port < 65536:
            return
        if scheme != "https" and not policy.allow_http:
            raise EgressRefused(f"Calls to {host} must use https.")
        if port not in policy.ports:
            raise EgressRefused(f"Port {port} is not open for upstream calls.")


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolve(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
