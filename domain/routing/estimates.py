"""The most that a plan can cost, and what it costs as a rule, from what its single calls cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from domain.routing.plan import Call
from domain.routing.tree import Broadcast, Chain, Choice, Depends, Failover, Memo, Node, Tee

#: {(wallet id, currency): amount}
Amounts = dict[tuple[str, str], Decimal]
Cost = Callable[[Call], Decimal]


def worst_case(node: Node, cost: Cost, *, with_copies: bool = True) -> Amounts:
    """Return what must be set aside: of alternatives the dearest, of what happens beside each other the sum.

    Alternatives are the members of a group and both sides of a fallback: a failed attempt costs nothing. The steps of a
    chain and the targets of a broadcast add up. with_copies: copies of /t/ count too; they are paid for apart.
    """
    match node:
        case Call():
            return {(node.wallet_id, node.price.currency): cost(node)}
        case Choice():
            return _dearest(worst_case(call, cost) for call in node.calls)
        case Depends():
            return _dearest(worst_case(inner, cost, with_copies=with_copies) for _, inner in node.options)
        case Failover():
            sides = [node.primary] if node.fallback is None else [node.primary, node.fallback]
            return _dearest(worst_case(side, cost, with_copies=with_copies) for side in sides)
        case Tee():
            primary = worst_case(node.primary, cost, with_copies=with_copies)
            return _sum([primary, worst_case(node.mirror, cost)]) if with_copies else primary
        case Memo():
            return worst_case(node.inner, cost, with_copies=with_copies)
        case Chain():
            return _sum(worst_case(step.node, cost, with_copies=with_copies) for step in node.steps)
        case Broadcast():
            return _sum(worst_case(target.node, cost, with_copies=with_copies) for target in node.targets)
    return {}


def nominal(node: Node, cost: Cost) -> Amounts:
    """Return what the plan costs when nothing fails: first choices, first steps' successes, every copy and target."""
    match node:
        case Call():
            return {(node.wallet_id, node.price.currency): cost(node)}
        case Choice():
            return nominal(node.calls[0], cost)
        case Depends():
            return _dearest(nominal(inner, cost) for _, inner in node.options)
        case Failover():
            return nominal(node.primary, cost)
        case Tee():
            return _sum([nominal(node.primary, cost), nominal(node.mirror, cost)])
        case Memo():
            return nominal(node.inner, cost)
        case Chain():
            return _sum(nominal(node.steps[place].node, cost) for place in way(node))
        case Broadcast():
            return _sum(nominal(target.node, cost) for target in node.targets)
    return {}


def way(chain: Chain, *, succeeds: Callable[[int], bool] = lambda _place: True) -> list[int]:
    """Return the places of the steps that run, when each succeeds or fails as told."""
    places = {step.record.name: place for place, step in enumerate(chain.steps)}
    place, walked = 0, []
    while place < len(chain.steps):
        walked.append(place)
        record = chain.steps[place].record
        verdict = record.on_success if succeeds(place) else record.on_failure
        place = place + 1 if verdict == "continue" else places.get(verdict, len(chain.steps))
    return walked


def _sum(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        for wallet, amount in part.items():
            total[wallet] = total.get(wallet, Decimal(0)) + amount
    return total


def _dearest(parts: Iterable[Amounts]) -> Amounts:
    most: Amounts = {}
    for part in parts:
        for wallet, amount in part.items():
            most[wallet] = max(most.get(wallet, Decimal(0)), amount)
    return most
