"""A plan as a plain mapping: what a call would do, candidate by candidate, for people and for `POST /v1/resolve`."""

from __future__ import annotations

from typing import Any

from domain.routing.estimates import Amounts, Cost, nominal, worst_case
from domain.routing.plan import Call
from domain.routing.tree import (
    Broadcast,
    Candidate,
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

Json = dict[str, Any]


def explain(node: Node, cost: Cost, usual: Cost | None = None) -> Json:
    """Return the plan's stages in the order in which they act, the hold and the cost.

    cost: the most that a call can cost; usual: what it costs as a rule, by default the same.
    {"plan": stage, "hold": {currency: amount}, "cost": {currency: amount}}; amounts are texts.
    """
    return {
        "plan": _stage(node),
        "hold": _by_currency(worst_case(node, cost)),
        "cost": _by_currency(nominal(node, usual or cost)),
    }


def resolve(node: Node) -> Json:
    """Return {"selected", "candidates", "routing_strategy"} of the first place where a service is chosen.

    selected is None when no service can be called, when several are called, or when the content of the request decides.
    """
    chosen = _first_choice(node)
    if isinstance(chosen, Call):
        only = _of_call(chosen)
        return {"selected": only, "candidates": [only], "routing_strategy": None}
    if isinstance(chosen, Choice):
        return _of_choice(chosen)
    if isinstance(chosen, Depends):
        strategy = {"name": "routing_key", "content_dependent": True, "depends_on": "the model"}
        return {"selected": None, "candidates": _known_once(chosen), "routing_strategy": strategy}
    calls = [_of_call(call) for call in _calls(node)]
    return {"selected": None, "candidates": calls, "routing_strategy": None}


def _of_choice(choice: Choice) -> Json:
    taking_part = [_of_candidate(each) for each in choice.candidates if not each.out]
    first = choice.calls[0].service.id
    selected = next((each for each in taking_part if each["service_id"] == first), None)
    strategy: Json = {"name": choice.policy, "content_dependent": bool(choice.depends_on)}
    if choice.depends_on:
        selected, strategy["depends_on"] = None, choice.depends_on
    return {"selected": selected, "candidates": taking_part, "routing_strategy": strategy}


def _known_once(node: Depends) -> list[Json]:
    calls = [call for _, inner in node.options for call in _candidates(inner)]
    return list({each["service_id"]: each for each in calls}.values())


def _candidates(node: Node) -> list[Json]:
    """Return who may be called first, whatever is asked for."""
    chosen = _first_choice(node)
    if isinstance(chosen, Choice):
        return [_of_candidate(each) for each in chosen.candidates if not each.out]
    if isinstance(chosen, Depends):
        return _known_once(chosen)
    return [_of_call(call) for call in _calls(chosen)]


def _stage(node: Node) -> Json:
    match node:
        case Call():
            return {"stage": "call", **_call(node)}
        case Refused():
            refusal = node.refusal
            return {"stage": "refuse", "status": refusal.status, "code": refusal.code, "message": refusal.message}
        case Choice():
            return {
                "stage": "choose",
                "group": node.name,
                "policy": node.policy,
                "depends_on": node.depends_on,
                "candidates": [_shown(each, node) for each in node.candidates],
                "calls": [_call(call) for call in node.calls],
            }
        case Depends():
            options = [{"routing_key": key, "plan": _stage(inner)} for key, inner in node.options]
            return {"stage": "depend", "on": "the model", "options": options}
        case Listing():
            return {"stage": "list models", "group": node.group, "models": [name for name, _ in node.models]}
        case Failover():
            fallback = _stage(node.fallback) if node.fallback else None
            return {"stage": "fall back", "primary": _stage(node.primary), "fallback": fallback}
        case Tee():
            return {"stage": "copy", "primary": _stage(node.primary), "copy": _stage(node.mirror)}
        case Memo():
            return {
                "stage": "remember",
                "ttl_seconds": node.ttl_seconds,
                "renew": node.renew,
                "miss": _stage(node.inner),
            }
        case Chain():
            return {
                "stage": "chain",
                "chain": node.name,
                "steps": [_step(node, place) for place in range(len(node.steps))],
            }
        case Broadcast():
            return {
                "stage": "broadcast",
                "broadcast": node.name,
                "mode": "async" if node.is_async else "sync",
                "policy": node.policy,
                "needed": node.needed,
                "targets": [
                    {"name": target.name, "timeout_ms": target.timeout_ms, "plan": _stage(target.node)}
                    for target in node.targets
                ],
            }
        case Result():
            return {"stage": "fetch", "task_id": node.task_id}
        case Register():
            registration = node.registration
            return {
                "stage": "register",
                "kind": registration.kind,
                "schedule": registration.schedule(),
                "path": node.path,
                "later": _stage(node.inner),
            }


def _call(call: Call) -> Json:
    enrollment = call.enrollment
    return {
        "service_id": call.service.id,
        "service": call.service.name,
        "provider": call.service.provider_name,
        "channel": call.channel.name,
        "access_method": call.channel.access_method,
        "enrollment": enrollment.code if enrollment else None,
        "path": "/".join(call.rest),
        "query": call.query,
        "currency": call.price.currency,
        "price_version": call.price.id,
        "forwards": call.forwards,
        "log": call.log,
    }


def _step(chain: Chain, place: int) -> Json:
    step = chain.steps[place]
    return {
        "name": step.record.name,
        "timeout_ms": step.timeout_ms,
        "on_success": step.record.on_success,
        "on_failure": step.record.on_failure,
        "plan": _stage(step.node),
    }


def _shown(candidate: Candidate, choice: Choice) -> Json:
    places = {} if choice.depends_on else {call.service.id: place for place, call in enumerate(choice.calls)}
    return {**_of_candidate(candidate), "out": candidate.out, "place": places.get(candidate.service_id)}


def _of_candidate(candidate: Candidate) -> Json:
    return {
        "service_id": candidate.service_id,
        "service_name": candidate.service_name,
        "provider_name": candidate.provider_name,
        "weight": candidate.weight,
        "price": None if candidate.price is None else format(candidate.price, "f"),
        "enrollment_id": candidate.enrollment_id,
    }


def _of_call(call: Call) -> Json:
    enrollment = call.enrollment.id if call.enrollment else None
    return _of_candidate(
        Candidate(call.service.id, call.service.name, call.service.provider_name, 10, None, enrollment, "")
    )


def _first_choice(node: Node) -> Node:
    match node:
        case Failover() | Tee():
            return _first_choice(node.primary)
        case Memo() | Register():
            return _first_choice(node.inner)
    return node


def _calls(node: Node) -> list[Call]:
    match node:
        case Call():
            return [node]
        case Choice():
            return [node.calls[0]]
        case Depends():
            return [call for _, inner in node.options for call in _calls(inner)]
        case Failover() | Tee():
            return _calls(node.primary)
        case Memo() | Register():
            return _calls(node.inner)
        case Chain():
            return [call for step in node.steps for call in _calls(step.node)]
        case Broadcast():
            return [call for target in node.targets for call in _calls(target.node)]
    return []


def _by_currency(amounts: Amounts) -> dict[str, str]:
    return {currency: format(amount, "f") for (_, currency), amount in sorted(amounts.items())}
