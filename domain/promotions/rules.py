"""Promotions on a call: each takes its part off the running price, the highest priority first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.money import rounded
from domain.pricing import CompiledPrice, PricingError
from domain.promotions.adjustments import Adjustment, Funder

Usage = Mapping[str, int | Decimal]


class UnusableRule(ValueError):
    """The price of a rule cannot price this usage."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A price rule, compiled. id: a UUID's text. uses_left: of a rule with a quota of uses, None without one."""

    id: str
    name: str
    funded_by: Funder
    price: CompiledPrice
    uses_left: int | None = None

    def amount_off(self, running: Decimal, usage: Usage, *, channel: str | None = None) -> Decimal:
        """Return what the rule takes off a running price, rounded once: between 0 and all of it.

        A factor multiplies the running price, a negative amount comes off it, any other price replaces it when lower.
        Raises: UnusableRule.
        """
        try:
            return rounded(running - self.price.after_promotion(running, usage, channel=channel))
        except PricingError as error:
            raise UnusableRule(str(error)) from error


def discounts(
    cost: Decimal, usage: Usage, rules: Iterable[Rule], *, channel: str | None = None
) -> tuple[list[Adjustment], bool]:
    """Return what promotions take off a call, and whether there was a rule that could not price its usage.

    cost: what quotas have left of the list cost. rules: those that reach the call, in the order in which they apply.
    A rule that takes nothing off, or that cannot price the usage, is left out and uses nothing of its quota.
    """
    taken: list[Adjustment] = []
    running, failed = cost, False
    for rule in rules:
        if not running:
            break
        if rule.uses_left is not None and rule.uses_left <= 0:
            continue
        try:
            off = rule.amount_off(running, usage, channel=channel)
        except UnusableRule:
            failed = True
            continue
        if off:
            running -= off
            taken.append(Adjustment("promotion", rule.id, rule.name, off, rule.funded_by))
    return taken, failed
