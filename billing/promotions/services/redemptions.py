"""A customer redeems the code of a promotion, once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.promotions import queries
from billing.promotions.models import PriceRule, Redemption, RuleStatus
from billing.promotions.rule_book import compiled
from common import ports
from common.errors import DomainError


class CodeUnknown(DomainError):
    """No promotion is redeemed by the code."""

    code = "promotion_code_unknown"
    sentence = "There is no promotion with the code {promotion_code!r}. Check the spelling."


class CodeNotForYou(DomainError):
    """The promotion is for subscribers of a plan."""

    code = "promotion_not_for_you"
    sentence = "The promotion {name!r} is for subscribers of the plan {plan!r}. Subscribe to it first."


class CodeExpired(DomainError):
    """The promotion is over."""

    code = "promotion_expired"
    sentence = "The promotion {name!r} ended on {ended_at:%-d %B %Y}. Ask the seller for a new code."


class CodeUsedUp(DomainError):
    """The quota of the promotion is used up."""

    code = "promotion_used_up"
    sentence = "The promotion {name!r} was redeemed as often as it may be. Ask the seller for another code."


class CodeAlreadyRedeemed(DomainError):
    """A team redeems a code once."""

    code = "promotion_already_redeemed"
    sentence = "Your team has redeemed the promotion {name!r} before. There is nothing left to do."


@transaction.atomic
def redeem(*, team: Team, code: str, by: User | None, now: datetime) -> Redemption:
    """Redeem a code for a team: calls that start from now on are made cheaper, as long as the promotion is active.

    Raises: CodeUnknown (also for drafts, paused ones and those without a code), CodeExpired, CodeAlreadyRedeemed,
    CodeUsedUp, CodeNotForYou.
    """
    rule = queries.lock_rule_of_code(code.strip())
    if rule is None or rule.status != RuleStatus.ACTIVE:
        raise CodeUnknown(promotion_code=code.strip()[:60])
    if rule.expires_at is not None and rule.expires_at <= now:
        raise CodeExpired(name=rule.name, ended_at=rule.expires_at)
    if rule.redemptions.filter(team=team).exists():
        raise CodeAlreadyRedeemed(name=rule.name)
    if rule.max_uses is not None and rule.redemptions.count() >= rule.max_uses:
        raise CodeUsedUp(name=rule.name)
    _check_plan(rule, team)
    return Redemption.objects.create(rule=rule, team=team, redeemed_by=by, redeemed_at=now)


def _check_plan(rule: PriceRule, team: Team) -> None:
    plan = compiled(rule).plan
    if plan and plan not in ports.plans_of([team.pk]).get(team.pk, frozenset()):
        raise CodeNotForYou(name=rule.name, plan=plan)
