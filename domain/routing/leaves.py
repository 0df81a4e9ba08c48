"""The single calls of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from domain.routing.plan import Call
from domain.routing.tree import Broadcast, Chain, Choice, Failover, Memo, Node, Tee


def calls(node: Node | None) -> Iterator[Call]:
    """Yield every upstream call that a plan may make, copies included."""
    match node:
        case Call():
            yield node
        case Choice():
            yield from node.calls
        case Failover():
            yield from calls(node.primary)
            yield from calls(node.fallback)
        case Tee():
            yield from calls(node.primary)
            yield from calls(node.mirror)
        case Memo():
            yield from calls(node.inner)
        case Chain():
            for step in node.steps:
                yield from calls(step.node)
        case Broadcast():
            for target in node.targets:
                yield from calls(target.node)


def only_service(node: Node | None) -> Call | None:
    """Return the call when all of a plan's calls go to one service, else None."""
    found: Call | None = None
    for call in calls(node):
        if found is not None and call.service.id != found.service.id:
            return None
        found = found or call
    return found
