"""Promotions as sellers write them: whole files, changes of single fields, and the end of a draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.promotions import queries
from billing.promotions.models import PriceRule, RuleStatus
from billing.promotions.services import rules
from common import ports
from common.errors import DomainError, Invalid

Json = dict[str, Any]
#: What a seller may ask for: {status: those that it can follow}.
_STARTS = {
    RuleStatus.ACTIVE: (RuleStatus.DRAFT, RuleStatus.PAUSED),
    RuleStatus.PAUSED: (RuleStatus.ACTIVE,),
    RuleStatus.DRAFT: (),
}
#: What a change cannot empty.
_KEPT = ("name", "pricing", "priority", "status")


class PromotionStatusRefused(DomainError):
    """The status cannot follow the present one."""

    code = "transition_refused"
    sentence = (
        "A promotion that is {status} cannot become {wanted}. Drafts and paused ones are activated, active ones paused."
    )


class PromotionDeletionRefused(DomainError):
    """Calls may have been made cheaper by it, and statements name it."""

    code = "deletion_refused"
    sentence = "'{name}' is {status}. Only drafts can be deleted; pause it instead."


@transaction.atomic
def upload(*, owner: Team, file: Json, by: User | None, now: datetime) -> PriceRule:
    """Create or change a seller's promotion as its file says, by its name. Raises: Invalid, PromotionCodeTaken."""
    rule, _ = rules.store(owner=owner, content=_checked(file), by=by, now=now)
    return rule


@transaction.atomic
def change(*, rule: PriceRule, changes: Json, now: datetime) -> PriceRule:
    """Change the fields of a seller's promotion that are given.

    Raises: Invalid, PromotionStatusRefused, PromotionNameTaken, PromotionCodeTaken.
    """
    rule = queries.lock_rule(rule.pk)
    given = {name: value for name, value in changes.items() if value is not None or name not in _KEPT}
    _check_status(rule, given.get("status"))
    content = _checked(_changed(rule, given))
    if content["name"] != rule.name and queries.is_name_taken(rule, content["name"]):
        raise rules.PromotionNameTaken(f"You already have a promotion named {content['name']!r}. Choose another name.")
    return rules.write(rule=rule, content=content, now=now)


@transaction.atomic
def delete(*, rule: PriceRule) -> None:
    """Remove a draft. Raises: PromotionDeletionRefused."""
    rule = queries.lock_rule(rule.pk)
    if rule.status != RuleStatus.DRAFT or rule.active_from is not None:
        raise PromotionDeletionRefused(name=rule.name, status=rule.get_status_display().lower())
    rule.delete()


def _check_status(rule: PriceRule, wanted: str | None) -> None:
    if wanted is not None and wanted != rule.status and rule.status not in _STARTS[RuleStatus(wanted)]:
        raise PromotionStatusRefused(status=rule.status, wanted=wanted)


def _changed(rule: PriceRule, given: Json) -> Json:
    """Return the promotion as a file would say it, with the changes."""
    scope = dict(rule.scope or {})
    if "service_groups" in given:
        scope["services"] = "*" if given["service_groups"] is None else given["service_groups"]
    file = {
        "name": rule.name,
        "description": rule.description,
        "pricing": rule.pricing,
        "scope": scope or None,
        "apply_at": rule.apply_at,
        "priority": rule.priority,
        "status": rule.status,
        "expires_at": rule.expires_at.isoformat() if rule.expires_at else None,
        "max_uses": rule.max_uses,
    }
    return {**file, **{name: value for name, value in given.items() if name in file}}


def _checked(file: Json) -> Json:
    content, problems = ports.checked_promotion(file)
    if problems:
        raise Invalid(problems)
    return content
