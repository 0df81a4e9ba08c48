"""What a plan calls, as a text: two plans with the same text give answers that may stand for each other."""

from __future__ import annotations

import json

from domain.routing.matching import canonical
from domain.routing.plan import Call
from domain.routing.tree import (
    Broadcast,
    Chain,
    Choice,
    Depends,
    Failover,
    Listing,
    Memo,
    Node,
    Refused,
    Register,
    Result,
    Tee,
)


def identity(node: Node) -> str:
    """Return the text. Neither the member drawn from a group nor the place of a copy counts: the answer is the same."""
    return json.dumps(_parts(node), separators=(",", ":"))


def canonical_query(query: str) -> str:
    """Return the parameters in a fixed order. Those of the same name keep theirs."""
    return "&".join(sorted(query.split("&"), key=lambda part: part.partition("=")[0])) if "&" in query else query


def _parts(node: Node) -> list[object]:
    match node:
        case Call():
            enrollment = node.enrollment.id if node.enrollment else ""
            return ["call", node.service.id, node.channel.name, enrollment, *_request(node)]
        case Choice():
            rest, query, _ = _request(node.calls[0])
            return ["group", node.group_id, rest, query, node.asked]
        case Depends():
            return ["depends", *([key, _parts(inner)] for key, inner in node.options)]
        case Failover():
            return ["failover", _parts(node.primary), _parts(node.fallback) if node.fallback else None]
        case Tee():
            return _parts(node.primary)
        case Memo():
            return _parts(node.inner)
        case Chain():
            return ["chain", node.name, *([_step(step.record), _parts(step.node)] for step in node.steps)]
        case Broadcast():
            return ["broadcast", node.name, *([target.name, _parts(target.node)] for target in node.targets)]
        case Refused():
            return ["refused", node.refusal.code]
        case Listing():
            return ["models", node.group, *node.models]
        case Result():
            return ["task", node.task_id]
        case Register():
            return ["register", node.path]


def _request(call: Call) -> tuple[str, str, str]:
    return "/".join(call.rest), canonical_query(call.query), canonical(call.forwards)


def _step(step: object) -> str:
    return repr(step)
