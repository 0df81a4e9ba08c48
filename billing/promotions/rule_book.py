"""The rules that are in force, compiled and kept in memory: which of them reach a call.

A process reads the rules again when their number of changes is another one (`RuleChanges`, one row, read before each
use), so a change counts for whatever is settled after its commit. What services are called and in which groups they
are belongs to the floor above and is asked through a port; it is kept for `FACTS_SECONDS`, so that a service that
joins a group is cheaper within seconds. A copy of the groups down here would have to be written wherever a service
or a rule of a group changes, and proven; asking costs one query in five seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from django.db.models import F, Q
from django.utils import timezone

from billing.promotions.models import PriceRule, RuleMoment
from common import ports
from common.ports import ServiceFacts
from domain import pricing
from domain.pricing import PricingError
from domain.promotions import Rule

FACTS_SECONDS = 5.0
#: A rule that ended is kept for calls that come late, for so long.
KEPT = timedelta(days=45)
_MOST_SERVICES = 50_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule with whom and what it reaches. Ids are texts. None in services or customers: all of them.

    seller_id: empty for the platform. services: names of services or groups. ends_at: None without an end.
    is_counted: whether each call that it makes cheaper counts against a quota.
    """

    rule: Rule
    seller_id: str
    services: frozenset[str] | None
    customers: frozenset[str] | None
    needs_code: bool
    plan: str
    starts_at: datetime
    ends_at: datetime | None
    is_counted: bool

    def is_in_force(self, at: datetime) -> bool:
        """Return whether a call that started at that time may be made cheaper."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)

    def reaches_service(self, facts: ServiceFacts) -> bool:
        """Return whether the service, or a group of the rule's owner that it is in, is in the scope."""
        if self.seller_id and self.seller_id != str(facts.seller_id):
            return False
        if self.services is None or facts.name in self.services:
            return True
        owner = UUID(self.seller_id) if self.seller_id else None
        return any(name in self.services for group_owner, name in facts.groups if group_owner == owner)


class RuleBook:
    """The rules of one moment of applying. Safe to share between threads: what it keeps is replaced, never changed."""

    def __init__(self, moment: RuleMoment) -> None:
        self._moment = moment
        self._number = -1
        self._rules: tuple[Standing, ...] = ()
        self._by_service: dict[str, tuple[Standing, ...]] = {}
        self._facts_at = 0.0
        self._lock = threading.Lock()

    def open(self, cursor: CursorWrapper) -> bool:
        """Read the rules again if they have changed. Returns whether there are any."""
        cursor.execute("SELECT number FROM promotions_rulechanges")
        number = (cursor.fetchone() or (0,))[0]
        with self._lock:
            if number != self._number:
                self._rules = tuple(standing(self._moment, now=timezone.now()))
                self._number, self._by_service = number, {}
            elif time.monotonic() - self._facts_at > FACTS_SECONDS or len(self._by_service) > _MOST_SERVICES:
                self._by_service = {}
            if not self._by_service:
                self._facts_at = time.monotonic()
            return bool(self._rules)

    def of_services(self, service_ids: Iterable[str]) -> dict[str, tuple[Standing, ...]]:
        """Return the rules that reach each service, in the order in which they apply."""
        wanted, kept, rules = set(service_ids), self._by_service, self._rules
        if missing := wanted - kept.keys():
            facts = ports.service_facts([UUID(each) for each in missing])
            for each in missing:
                found = facts.get(UUID(each))
                kept[each] = tuple(rule for rule in rules if rule.reaches_service(found)) if found else ()
        return {each: kept[each] for each in wanted}


def standing(moment: RuleMoment, *, now: datetime) -> Iterable[Standing]:
    """Yield the rules that are in force or were lately, in the order in which they apply, but for unreadable ones."""
    lately = now - KEPT
    rules = PriceRule.objects.filter(
        Q(active_until__isnull=True) | Q(active_until__gt=lately),
        Q(expires_at__isnull=True) | Q(expires_at__gt=lately),
        apply_at=moment,
        active_from__isnull=False,
    ).exclude(requires_redemption=False, max_uses__isnull=False, uses__gte=F("max_uses"))
    for rule in rules.order_by("-priority", "created_at", "id"):
        try:
            yield compiled(rule)
        except PricingError:
            continue


def compiled(rule: PriceRule) -> Standing:
    """Return a rule ready to apply. Raises: PricingError, AssertionError for one that was never active."""
    assert rule.active_from is not None
    scope = rule.scope or {}
    customers, services = scope.get("customers"), scope.get("services")
    conditions = customers if isinstance(customers, dict) else {}
    ends = [each for each in (rule.active_until, rule.expires_at) if each is not None]
    return Standing(
        rule=Rule(
            str(rule.pk),
            rule.name,
            "platform" if rule.seller_id is None else "seller",
            pricing.compile(rule.pricing),
        ),
        seller_id="" if rule.seller_id is None else str(rule.seller_id),
        services=frozenset(services) if isinstance(services, list) else None,
        customers=frozenset(str(each).lower() for each in customers) if isinstance(customers, list) else None,
        needs_code=rule.requires_redemption,
        plan=str(conditions.get("subscription") or ""),
        starts_at=rule.active_from,
        ends_at=min(ends, default=None),
        is_counted=rule.max_uses is not None and not rule.requires_redemption,
    )


#: Of this process: rules that apply to each call.
on_requests = RuleBook(RuleMoment.REQUEST)
