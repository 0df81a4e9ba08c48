"""The table of calls: what is run with both clients, and which methods it covers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.clients.driven import KINDS, Driven
from tests.clients.world import World

Run = Callable[[Driven, World], Awaitable[None]]


@dataclass(frozen=True)
class Calls:
    """A row. kinds: the clients that have these methods."""

    run: Run
    covers: frozenset[str]
    kinds: tuple[str, ...]

    def __str__(self) -> str:
        return self.run.__name__


TABLE: list[Calls] = []
#: Methods that no server can make work in the published package, and why.
CRASHING: dict[str, dict[str, str]] = {"sync": {}, "async": {}}


def covers(*methods: str, kinds: tuple[str, ...] = tuple(KINDS)) -> Callable[[Run], Run]:
    """Put a function into the table."""

    def entered(run: Run) -> Run:
        TABLE.append(Calls(run, frozenset(methods), kinds))
        return run

    return entered
