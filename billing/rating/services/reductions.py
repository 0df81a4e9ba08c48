"""What is taken off the list costs of a batch: included quotas first, then promotions on the rest.

The wallets of the batch are locked: the quotas change under these locks alone. Rules with a quota of uses are locked
here, after the wallets and in id order; every other rule is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from billing.promotions import queries as promotions
from billing.promotions.rule_book import Standing, on_requests
from billing.rating.services.literals import array
from common import ports
from domain.promotions import Adjustment, Funder, Quota, Rule, cover, discounts, net
from domain.usage import UsageEvent

_ZERO = Decimal(0)


@dataclass(slots=True)
class _Open:
    """A quota that is not used up. taken: what this batch uses of it."""

    id: str
    name: str
    metric: str
    left: Decimal
    funded_by: Funder
    starts_at: datetime
    ends_at: datetime
    taken: Decimal = _ZERO

    def quota(self) -> Quota:
        return Quota(self.id, self.name, self.metric, self.left, self.funded_by)


class Reductions:
    """Quotas and rules for some events; what was taken is written at the end."""

    def __init__(self, cursor: CursorWrapper, events: Sequence[UsageEvent]) -> None:
        self._cursor = cursor
        self._quotas = _quotas(cursor, {each.enrollment_id for each in events if each.enrollment_id})
        self._rules = on_requests.of_services({each.service_id for each in events}) if on_requests.open(cursor) else {}
        self._rules = {service: rules for service, rules in self._rules.items() if rules}
        candidates = {rule.rule.id: rule for rules in self._rules.values() for rule in rules}
        teams = {each.team_id for each in events} if candidates else set()
        self._customers = promotions.customers_of(candidates.values(), teams)
        self._uses = _lock_uses(cursor, [rule.rule.id for rule in candidates.values() if rule.is_counted])
        self._used: dict[str, int] = {}
        self._exhausted: set[str] = set()

    def take_off(self, event: UsageEvent, list_cost: Decimal) -> tuple[list[Adjustment], bool]:
        """Return what comes off a call, and whether there was a promotion that cannot price its usage."""
        taken: list[Adjustment] = []
        if self._quotas and event.enrollment_id:
            taken = self._cover(event, list_cost)
        if not self._rules or event.service_id not in self._rules:
            return taken, False
        rest = net(list_cost, taken) if taken else list_cost
        found, failed = discounts(rest, event.usage, self._reaching(event), channel=event.channel)
        return taken + [self._counted(each) for each in found], failed

    def write(self) -> None:
        """Write what was used of quotas and rules, and tell the gateway of quotas that were used up."""
        used = [(each.id, each.taken) for quotas in self._quotas.values() for each in quotas if each.taken]
        if used:
            self._cursor.execute(
                "UPDATE promotions_allowance a SET used = a.used + d.used"
                " FROM unnest(%s::uuid[], %s::numeric[]) AS d (id, used) WHERE a.id = d.id",
                [array(column) for column in zip(*sorted(used), strict=True)],
            )
        if self._used:
            self._cursor.execute(
                "UPDATE promotions_pricerule r SET uses = d.uses"
                " FROM unnest(%s::uuid[], %s::integer[]) AS d (id, uses) WHERE r.id = d.id",
                [array(self._used), array(self._used.values())],
            )
        for team_id in sorted(self._exhausted):
            ports.publish("customer", team_id)

    def _cover(self, event: UsageEvent, list_cost: Decimal) -> list[Adjustment]:
        quotas = self._quotas.get((event.wallet_id, event.enrollment_id or ""), ())
        live = {each.id: each for each in quotas if each.starts_at <= event.started_at < each.ends_at}
        taken = cover(list_cost, event.usage, [each.quota() for each in live.values()]) if live else []
        for each in taken:
            quota = live[each.id]
            quota.left -= each.quantity or _ZERO
            quota.taken += each.quantity or _ZERO
            if not quota.left:
                self._exhausted.add(event.team_id)
        return taken

    def _reaching(self, event: UsageEvent) -> Iterable[Rule]:
        at = event.started_at
        for rule in self._rules[event.service_id]:
            if rule.is_in_force(at) and self._customers.meet(rule, event.team_id, at):
                yield self._with_uses(rule) if rule.is_counted else rule.rule

    def _with_uses(self, rule: Standing) -> Rule:
        limit, uses = self._uses.get(rule.rule.id, (0, 0))
        return replace(rule.rule, uses_left=limit - self._used.get(rule.rule.id, uses))

    def _counted(self, adjustment: Adjustment) -> Adjustment:
        if adjustment.id not in self._uses:
            return adjustment
        use = self._used.get(adjustment.id, self._uses[adjustment.id][1]) + 1
        self._used[adjustment.id] = use
        return adjustment._replace(use=use)


def _quotas(cursor: CursorWrapper, enrollment_ids: Iterable[str]) -> dict[tuple[str, str], list[_Open]]:
    """Return the quotas that have something left, by wallet and enrollment, those that end first at the front."""
    wanted = list(enrollment_ids)
    found: dict[tuple[str, str], list[_Open]] = {}
    if not wanted:
        return found
    cursor.execute(
        "SELECT wallet_id::text, enrollment_id::text, id::text, name, metric, included - used, funded_by, starts_at,"
        " ends_at FROM promotions_allowance WHERE enrollment_id = ANY (%s::uuid[]) AND used < included"
        " ORDER BY ends_at, granted_at, id",
        [array(wanted)],
    )
    for wallet_id, enrollment_id, *facts in cursor.fetchall():
        found.setdefault((wallet_id, enrollment_id), []).append(_Open(*facts))
    return found


def _lock_uses(cursor: CursorWrapper, rule_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Lock rules with a quota of uses, and return (quota, uses) of each: exact from here to the commit."""
    if not rule_ids:
        return {}
    cursor.execute(
        "SELECT id::text, max_uses, uses FROM promotions_pricerule WHERE id = ANY (%s::uuid[]) AND max_uses IS NOT NULL"
        " ORDER BY id FOR NO KEY UPDATE",
        [array(rule_ids)],
    )
    return {rule: (limit, uses) for rule, limit, uses in cursor.fetchall()}
