"""Addresses and headers that are the same for every call of a channel, rendered once.

A channel qualifies when its templates name nothing of the caller's: only what its service fixes, and its seller's
secrets. What is kept is used as long as the records that it was made from are the ones in memory, and no longer
than a secret may be kept in clear.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from domain.routing.snapshot import SecretRecord
from domain.template_syntax import Expression, SecretReference, Template
from gateway.compiled import CompiledChannel
from gateway.records import Shelf
from gateway.upstream import headers as crossing

_SIZE = 100_000  # as many services as are kept in memory
_NONE: frozenset[bytes] = frozenset()
_FIXED_NAMES = frozenset({"routing_vars", "service_name"})

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Rendering:
    """base: the address before the rest of the path. headers: set on the upstream request; `written` are their names,
    as far as a client's header could stand beside them. secrets: what they were made from."""

    channel: CompiledChannel
    base: str
    headers: Headers = field(repr=False)
    written: frozenset[bytes]
    secrets: tuple[tuple[tuple[str, str], SecretRecord], ...] = field(repr=False)
    until: float

    def with_headers_of(self, headers: Headers) -> Headers:
        """Return the client's headers that may go on, and ours in place of those of the same name."""
        kept = crossing.for_upstream(headers)
        if self.written:
            kept = [pair for pair in kept if pair[0].lower() not in self.written]
        return kept + self.headers


class Renderings:
    """What was rendered, by channel. keep_seconds: how long a secret may be kept in clear."""

    def __init__(
        self,
        secrets: Shelf[SecretRecord],
        *,
        keep_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets, self._keep_seconds, self._clock = secrets, keep_seconds, clock
        self._kept: dict[int, Rendering] = {}
        self._ends: deque[tuple[float, int]] = deque()  # when what holds a secret has to go, the oldest first

    def of(self, channel: CompiledChannel) -> Rendering | None:
        """Return what was rendered for a channel, if it still holds."""
        kept = self._kept.get(id(channel))
        if kept is None or kept.channel is not channel or kept.until <= self._clock():
            return None
        for (team_id, name), record in kept.secrets:
            if self._secrets.peek(f"{team_id}/{name}")[1] is not record:
                return None
        return kept

    def keep(self, channel: CompiledChannel, base: str, headers: Headers, used: Iterable[tuple[str, str]]) -> None:
        """Remember what was rendered for a channel, when it is the same for everybody. used: (seller, secret)."""
        if not _is_fixed(channel):
            return
        secrets = []
        for team_id, name in used:
            record = self._secrets.peek(f"{team_id}/{name}")[1]
            if record is None:
                return
            secrets.append(((team_id, name), record))
        if len(self._kept) >= _SIZE:
            self._kept.pop(next(iter(self._kept)))
        written = frozenset(name.lower() for name, _ in headers if crossing.may_go_up(name)) or _NONE
        if base == channel.base_url.text:
            base = channel.base_url.text  # one text in place of two: there may be very many of them
        until = self._clock() + self._keep_seconds if secrets else math.inf
        self._kept[id(channel)] = Rendering(channel, base, headers, written, tuple(secrets), until)
        if secrets:
            self._ends.append((until, id(channel)))

    def forget(self) -> None:
        """Let go of what was made from secrets and has been kept for long enough."""
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, place = self._ends.popleft()
            if place in self._kept and self._kept[place].until <= now:
                del self._kept[place]


def _is_fixed(channel: CompiledChannel) -> bool:
    templates = [channel.base_url, *(template for _, template in channel.headers)]
    if channel.credential is not None:
        templates.append(channel.credential[1])
    return all(_names_nobody(template) for template in templates)


def _names_nobody(template: Template) -> bool:
    for part in template.parts:
        if isinstance(part, SecretReference):
            if part.owner != "seller" or part.name is None:
                return False
        elif isinstance(part, Expression) and part.path[0] not in _FIXED_NAMES:
            return False
    return True
