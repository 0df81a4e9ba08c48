"""Tables of calls: what is run with both clients of a package, and which methods it covers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.clients.driven import Driven

#: Clients that wait, and those that do not.
KINDS = ("sync", "async")
Run = Callable[[Driven, Any], Awaitable[None]]


@dataclass(frozen=True)
class Calls:
    """A row. kinds: the clients that have these methods."""

    run: Run
    covers: frozenset[str]
    kinds: tuple[str, ...]

    def __str__(self) -> str:
        return self.run.__name__


class Table:
    """What is run with the clients of one package."""

    def __init__(self) -> None:
        self.rows: list[Calls] = []

    def covers(self, *methods: str, kinds: tuple[str, ...] = KINDS) -> Callable[[Run], Run]:
        """Put a function into the table."""

        def entered(run: Run) -> Run:
            self.rows.append(Calls(run, frozenset(methods), kinds))
            return run

        return entered

    def listed(self, kind: str) -> set[str]:
        """Return the methods that some row of a kind covers."""
        return {name for row in self.rows if kind in row.kinds for name in row.covers}

    def each(self) -> list[tuple[Calls, str]]:
        """Return every row with every client that it is for."""
        return [(row, kind) for row in self.rows for kind in row.kinds]


CUSTOMERS, SELLERS = Table(), Table()
covers = CUSTOMERS.covers
