"""How often a plan may be carried out by a schedule: as often as everything that it may call allows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from domain.routing.plan import Call
from domain.routing.tree import Broadcast, Chain, Choice, Failover, Memo, Node, Register, Tee
from domain.scheduling.cadences import Limits


def limits(node: Node) -> Limits:
    """Return the limits that hold for all services of a plan together. A listing narrows the platform's own."""
    return reduce(Limits.and_, (_of(call) for call in calls(node)), Limits())


def calls(node: Node) -> Iterator[Call]:
    """Yield every upstream call that a plan may come to, with its alternatives."""
    match node:
        case Call():
            yield node
        case Choice():
            yield from node.calls
        case Failover():
            yield from calls(node.primary)
            if node.fallback is not None:
                yield from calls(node.fallback)
        case Tee():
            yield from calls(node.primary)
            yield from calls(node.mirror)
        case Memo() | Register():
            yield from calls(node.inner)
        case Chain():
            for step in node.steps:
                yield from calls(step.node)
        case Broadcast():
            for target in node.targets:
                yield from calls(target.node)


def _of(call: Call) -> Limits:
    said, usual = call.service.recurrence, Limits()
    return Limits(
        shortest_seconds=said.get("recurrence_min_interval_seconds", usual.shortest_seconds),
        longest_seconds=said.get("recurrence_max_interval_seconds", usual.longest_seconds),
        allows_cron=said.get("recurrence_allow_cron", True) is not False,
    )
