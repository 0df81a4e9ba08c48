"""Who asks for a plan, and what a plan asks for while it is made."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from domain.routing.matching import Table
from domain.routing.plan import Access, Refusal
from domain.routing.snapshot import CustomerRecord
from domain.routing.tree import Node

NeedKind = Literal["routes", "service", "alias", "group", "chain", "broadcast"]


@dataclass(frozen=True, slots=True)
class Need:
    """A record that the expansion asks for: by its key in `snapshot`.

    kind "routes" asks for a Table that knows at least the paths that begin `key`, a raw path.
    """

    kind: NeedKind
    key: str


Work = Generator[Need, Any, Node]


class Conditions(Protocol):
    """What is known of services at this moment."""

    def is_out(self, service_id: str) -> bool: ...

    def latencies(self) -> Mapping[str, float]: ...


class FairWeather:
    """Everything is well and nothing is measured."""

    def is_out(self, service_id: str) -> bool:
        return False

    def latencies(self) -> Mapping[str, float]:
        return {}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, for what, under which conditions.

    own: the paths of the customer's enrollments. routing_key: what the request asks for. draw: chance, in [0, 1).
    is_key_open: what the request asks for is not known, so every key is looked at; only for plans that are shown.
    caller: who stays at one member of a sticky group; header: reads a request header by its lower-case name, None where
    there is no request.
    shows_all: look at every candidate, also those that the call will not need. policy: for groups, instead of theirs.
    access: how the call comes in.
    """

    customer: CustomerRecord
    own: Table
    routing_key: dict[str, Any] | None
    draw: Callable[[], float]
    method: str = "POST"
    caller: str = ""
    header: Callable[[str], str | None] | None = None
    conditions: Conditions = field(default_factory=FairWeather)
    shows_all: bool = False
    policy: str | None = None
    is_key_open: bool = False
    access: Access = "http"


class PlanRefused(Exception):
    """The whole plan is refused, whatever its other parts say."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.message)
