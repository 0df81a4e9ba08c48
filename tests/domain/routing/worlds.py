"""Records that an expansion may ask for, and the answers to its questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from domain.routing.asking import Asker, Need
from domain.routing.expansion import expand
from domain.routing.grammar import ParsedPath, parse
from domain.routing.matching import Table, enrollment_table
from domain.routing.snapshot import RouteEntry, RouteRecord
from domain.routing.tree import Node
from tests.factories import records as make


class World:
    """Services by name, and whatever else was put in. `asked` holds what an expansion wanted to know."""

    def __init__(self, *services: str, **special: dict[str, Any]) -> None:
        self.records: dict[tuple[str, str], Any] = {}
        self.routes = Table()
        self.asked: list[Need] = []
        for name in services:
            self.offer(name, **special.get(name, {}))

    def offer(self, name: str, **changes: Any) -> None:
        service_id = make.service_id(name)
        self.records["service", service_id] = make.service(id=service_id, name=name, **changes)
        self.routes.set_record(RouteRecord(name, (RouteEntry(None, service_id),)))

    def put(self, record: Any, *, own: bool = True) -> None:
        kind = type(record).__name__.removesuffix("Record").lower()
        self.records[kind, f"{make.TEAM}/{record.name}" if own else record.name] = record

    def plan(self, path: str | ParsedPath, query: str = "", **asker: Any) -> Node:
        """Return the plan of a path. draws: the numbers of chance, one after the other."""
        draws: Iterator[float] = iter(asker.pop("draws", [0.0] * 50))
        draw: Callable[[], float] = asker.pop("draw", lambda: next(draws))
        customer = asker.pop("customer", None) or make.customer()
        values = {"routing_key": None, "draw": draw, **asker}
        work = expand(
            path if isinstance(path, ParsedPath) else parse(path, query),
            Asker(customer=customer, own=enrollment_table(customer), **values),
        )
        try:
            need = next(work)
            while True:
                self.asked.append(need)
                answer = self.routes if need.kind == "routes" else self.records.get((need.kind, need.key))
                need = work.send(answer)
        except StopIteration as done:
            return done.value
