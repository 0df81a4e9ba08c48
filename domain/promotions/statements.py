"""Promotions on a statement: each takes its part off the sum of the lines that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from domain.money import rounded
from domain.promotions.rules import Rule, UnusableRule

_ZERO = Decimal(0)


class Line(NamedTuple):
    """A line of a statement. key: whatever tells lines apart. net: what calls on it were charged. usage: summed."""

    key: str
    service_id: UUID
    net: Decimal
    usage: Mapping[str, int | Decimal] = {}


class Discount(NamedTuple):
    """What one rule takes off a statement. per_line: {key of the line: its part}, which sum up to the amount."""

    rule: Rule
    amount: Decimal
    per_line: dict[str, Decimal]


def on_statement(lines: Sequence[Line], rules: Iterable[tuple[Rule, frozenset[UUID]]]) -> list[Discount]:
    """Return what rules take off a statement, each with its part of every line; the order of `rules` is theirs.

    rules: each with the services that it reaches. A rule prices the sum of its lines, as it is after the rules
    before it, and each line bears its share. Lines of 6.00 and 2.00 and a rule of 1.00 off: 0.75 and 0.25.
    """
    running = {line.key: line.net for line in lines}
    found = []
    for rule, services in rules:
        reached = [line for line in lines if line.service_id in services and running[line.key]]
        total = sum((running[line.key] for line in reached), _ZERO)
        if not total:
            continue
        try:
            amount = rule.amount_off(total, _summed(reached))
        except UnusableRule:
            continue
        if not amount:
            continue
        shares = _shared(amount, {line.key: running[line.key] for line in reached})
        for key, part in shares.items():
            running[key] -= part
        found.append(Discount(rule, amount, shares))
    return found


def _summed(lines: Iterable[Line]) -> dict[str, int | Decimal]:
    total: dict[str, int | Decimal] = {}
    for line in lines:
        for metric, quantity in line.usage.items():
            total[metric] = total.get(metric, 0) + quantity
    return total


def _shared(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Divide an amount in proportion, to the last digit, never more than its weight to anybody.

    Rounded on what is given away so far: no part differs by more than a quantum from its share.
    """
    total, so_far, given = sum(weights.values(), _ZERO), _ZERO, _ZERO
    shares = {}
    for key, weight in weights.items():
        so_far += weight
        reached = amount if so_far == total else rounded(amount * so_far / total)
        shares[key] = min(max(reached - given, _ZERO), weight)
        given += shares[key]
    for key, weight in weights.items():  # what the limit of a line has kept back goes to one that has room
        if missing := min(amount - given, weight - shares[key]):
            shares[key] += missing
            given += missing
    return {key: part for key, part in shares.items() if part}
