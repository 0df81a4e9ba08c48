"""Reads of price rules, redemptions and included quotas.

statement_rules(team=, services=, at=)   for statements: [(rule, services that it reaches)], in order
live_allowances(enrollment_ids=, at=)    for subscriptions and for the gateway's records
active_promotions(team=, service_id=, at=), promotions_of(team=, at=)   for pages
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.teams.models import Team
from billing.promotions.models import Allowance, PriceRule, Redemption, RuleMoment, RuleStatus
from billing.promotions.rule_book import Standing, compiled, standing
from common import ports
from common.errors import NotFound
from domain.promotions import Rule, takes_off

#: So many services of a promotion are named.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion as a page shows it. is_mine: it applies to this customer's calls now.

    takes_off: "20 % off". reach: on what, "all services", "acme/chat, acme-models".
    """

    rule: PriceRule
    takes_off: str
    reach: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Customers:
    """What is known of customers that rules with conditions ask for. Ids are texts."""

    redeemed: dict[tuple[str, str], datetime]
    plans: dict[str, frozenset[str]]

    def meet(self, rule: Standing, team_id: str, at: datetime) -> bool:
        """Return whether a rule is for this customer's calls that start at that time."""
        if rule.customers is not None and team_id not in rule.customers:
            return False
        if rule.plan and rule.plan not in self.plans.get(team_id, frozenset()):
            return False
        if not rule.needs_code:
            return True
        redeemed_at = self.redeemed.get((rule.rule.id, team_id))
        return redeemed_at is not None and redeemed_at <= at


def customers_of(rules: Iterable[Standing], team_ids: Iterable[str]) -> Customers:
    """Return what these rules ask about these customers; no query for what none of them asks."""
    asked, teams = list(rules), list(team_ids)
    redeemed: dict[tuple[str, str], datetime] = {}
    if codes := [rule.rule.id for rule in asked if rule.needs_code]:
        found = Redemption.objects.filter(rule__in=map(UUID, codes), team__in=map(UUID, teams))
        redeemed = {
            (str(rule), str(team)): at for rule, team, at in found.values_list("rule_id", "team_id", "redeemed_at")
        }
    plans: dict[str, frozenset[str]] = {}
    if any(rule.plan for rule in asked):
        plans = {str(team): names for team, names in ports.plans_of([UUID(team) for team in teams]).items()}
    return Customers(redeemed, plans)


# -- rules -------------------------------------------------------------------------------------------------------------


def price_rules(*, team: Team) -> QuerySet[PriceRule]:
    """Return a seller's rules in the order in which they apply."""
    return PriceRule.objects.filter(seller=team)


def price_rule(*, team: Team, rule_id: UUID) -> PriceRule:
    """Return one of a seller's rules. Raises: NotFound."""
    found = price_rules(team=team).filter(pk=rule_id).first()
    if found is None:
        raise NotFound(what="promotion")
    return found


def is_name_taken(rule: PriceRule, name: str) -> bool:
    """Return whether another rule of the same owner has the name."""
    return PriceRule.objects.filter(seller=rule.seller_id, name=name).exclude(pk=rule.pk).exists()


def locked(rules: QuerySet[PriceRule]) -> QuerySet[PriceRule]:
    """Return the same rules, locked until the transaction ends."""
    return rules.select_for_update(of=("self",), no_key=True)


def lock_rule(rule_id: UUID) -> PriceRule:
    """Return a rule as it is now, locked."""
    return locked(PriceRule.objects.filter(pk=rule_id)).get()


def lock_rule_of_code(code: str) -> PriceRule | None:
    """Return the rule that is redeemed by a code, locked; written differently only when that is clear."""
    codes = PriceRule.objects.filter(requires_redemption=True)
    exact = locked(codes.filter(code=code)).first()
    if exact is not None:
        return exact
    alike = list(locked(codes.filter(code__iexact=code))[:2])
    return alike[0] if len(alike) == 1 else None


def statement_rules(*, team: Team, services: Iterable[UUID], at: datetime) -> list[tuple[Rule, frozenset[UUID]]]:
    """Return the rules that apply to a customer's statement, in order, each with the services that it reaches.

    services: those on the statement. at: the last instant of its period. Give both to `domain.promotions.on_statement`.
    """
    facts = ports.service_facts(set(services))
    rules = [rule for rule in standing(RuleMoment.STATEMENT, now=at) if rule.is_in_force(at)]
    customers = customers_of(rules, [str(team.pk)])
    reached = (
        (rule.rule, frozenset(pk for pk, each in facts.items() if rule.reaches_service(each)))
        for rule in rules
        if customers.meet(rule, str(team.pk), at)
    )
    return [(rule, found) for rule, found in reached if found]


# -- pages -------------------------------------------------------------------------------------------------------------


def active_promotions(*, team: Team | None, service_id: UUID, at: datetime) -> list[Offer]:
    """Return the promotions of a service as this visitor may see them, in the order in which they apply.

    Those with a code show only to customers who have redeemed it, those for named customers only to them.
    """
    facts = ports.service_facts([service_id]).get(service_id)
    if facts is None:
        return []
    rules = _active(at).filter(Q(seller=facts.seller_id) | Q(seller=None))
    offers = _offers([rule for rule in rules if compiled(rule).reaches_service(facts)], team, at)
    return [offer for offer in offers if offer.is_mine]


def promotions_of(*, team: Team, at: datetime) -> list[Offer]:
    """Return the promotions that apply to calls of a customer now, in order."""
    mine = Q(requires_redemption=False) | Q(redemptions__team=team)
    return [offer for offer in _offers(_active(at).filter(mine).distinct(), team, at) if offer.is_mine]


def described(rule: PriceRule) -> Offer:
    """Return a rule in words, for its owner."""
    return Offer(rule, _takes_off(rule), _reach(rule), is_mine=True)


def redemptions(*, team: Team) -> QuerySet[Redemption]:
    """Return the codes that a team has redeemed, newest first."""
    return Redemption.objects.filter(team=team).select_related("rule__seller", "redeemed_by")


def _active(at: datetime) -> QuerySet[PriceRule]:
    live = PriceRule.objects.filter(Q(expires_at=None) | Q(expires_at__gt=at), status=RuleStatus.ACTIVE)
    used_up = Q(requires_redemption=False, max_uses__isnull=False, uses__gte=F("max_uses"))
    return live.exclude(used_up).select_related("seller")


def _offers(rules: Iterable[PriceRule], team: Team | None, at: datetime) -> list[Offer]:
    pairs = [(rule, compiled(rule)) for rule in rules]
    team_id = str(team.pk) if team else ""
    customers = customers_of([each for _, each in pairs], [team_id] if team_id else [])
    return [Offer(rule, _takes_off(rule), _reach(rule), customers.meet(each, team_id, at)) for rule, each in pairs]


def _reach(rule: PriceRule) -> str:
    services = (rule.scope or {}).get("services")
    if not isinstance(services, list):
        return "all services"
    more = f" and {len(services) - _NAMED} more" if len(services) > _NAMED else ""
    return ", ".join(map(str, services[:_NAMED])) + more


def _takes_off(rule: PriceRule) -> str:
    if rule.apply_at == RuleMoment.REQUEST:
        return takes_off(rule.pricing)
    return f"{takes_off(rule.pricing, per='statement')}, on the statement of the month"


# -- quotas ------------------------------------------------------------------------------------------------------------


def live_allowances(*, enrollment_ids: Iterable[UUID], at: datetime) -> QuerySet[Allowance]:
    """Return the quotas of enrollments at that time, used up or not, in the order in which they are used."""
    return Allowance.objects.filter(enrollment_id__in=list(enrollment_ids), starts_at__lte=at, ends_at__gt=at)


def lock_allowance(allowance_id: UUID) -> Allowance:
    """Return a quota as it is now, locked. Its `used` changes under the lock of its wallet alone."""
    return Allowance.objects.select_for_update(of=("self",), no_key=True).get(pk=allowance_id)
