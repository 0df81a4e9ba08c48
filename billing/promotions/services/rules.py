"""Writes of price rules: a seller's, from files; the platform's, by operators."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime

from accounts.teams.models import Team
from accounts.users.models import User
from billing.promotions import queries
from billing.promotions.models import PriceRule, RuleStatus
from common.errors import DomainError
from domain.routing.codes import ALPHABET

_GENERATED = re.compile(r"\{\{\s*promotion_code\(\s*(\d{1,2})\s*\)\s*\}\}")
_FIELDS = ("description", "pricing", "scope", "apply_at", "priority", "status", "requires_redemption", "expires_at",
           "max_uses")  # fmt: skip

Outcome = Literal["created", "updated", "unchanged"]


class PromotionCodeTaken(DomainError):
    """Another promotion is redeemed by the code."""

    code = "name_taken"
    sentence = "The promotion code {promotion_code!r} is taken. Choose another one."


class PromotionNameTaken(DomainError):
    """The platform has a promotion of that name."""

    code = "name_taken"
    sentence = "The platform has a promotion named {name!r} already. Choose another name, or change that one."


@transaction.atomic
def store(*, owner: Team, content: dict[str, Any], by: User | None, now: datetime) -> tuple[PriceRule, Outcome]:
    """Store a validated promotion under its name. A generated code is made once and kept.

    Raises: PromotionCodeTaken.
    """
    Team.objects.select_for_update(of=("self",)).get(pk=owner.pk)
    rule = queries.locked(PriceRule.objects.filter(seller=owner, name=content["name"])).first()
    return _store(owner, rule, content, by, now)


@transaction.atomic
def write(*, rule: PriceRule, content: dict[str, Any], now: datetime) -> PriceRule:
    """Make a locked rule what checked content says. Raises: PromotionCodeTaken."""
    return _store(rule.seller, rule, content, None, now)[0]


@transaction.atomic
def store_platform_rule(
    *, rule: PriceRule | None, content: dict[str, Any], by: User | None, now: datetime
) -> tuple[PriceRule, Outcome]:
    """Store a promotion that the platform pays for, a new one without `rule`. content: as of a validated file.

    Raises: PromotionNameTaken, PromotionCodeTaken.
    """
    if rule is not None:
        rule = queries.lock_rule(rule.pk)
    check_platform_rule(rule=rule, content=content)
    return _store(None, rule, content, by, now)


def check_platform_rule(*, rule: PriceRule | None, content: dict[str, Any]) -> None:
    """Check that name and code are free for a promotion of the platform.

    Raises: PromotionNameTaken, PromotionCodeTaken.
    """
    same_name = PriceRule.objects.filter(seller=None, name=content["name"]).first()
    if same_name is not None and same_name != rule:
        raise PromotionNameTaken(name=content["name"])
    _check_code(_code(content, rule), rule)


@transaction.atomic
def activate(*, rule: PriceRule, now: datetime) -> PriceRule:
    """Let a rule lower the price of calls that start from now on. An active one stays as it is."""
    return _set_status(queries.lock_rule(rule.pk), RuleStatus.ACTIVE, now)


@transaction.atomic
def pause(*, rule: PriceRule, now: datetime) -> PriceRule:
    """Let a rule rest; calls that have started before now keep it."""
    rule = queries.lock_rule(rule.pk)
    return _set_status(rule, RuleStatus.PAUSED, now) if rule.status == RuleStatus.ACTIVE else rule


def _set_status(rule: PriceRule, status: RuleStatus, now: datetime) -> PriceRule:
    if rule.status != status:
        _move(rule, status, now)
        rule.status = status
        rule.updated_at = now
        rule.save(update_fields=["status", "active_from", "active_until", "updated_at"])
    return rule


def _move(rule: PriceRule, status: str, now: datetime) -> None:
    """Write down since when, or until when, a rule is active."""
    if status == RuleStatus.ACTIVE and (rule.status != RuleStatus.ACTIVE or rule.active_from is None):
        rule.active_from, rule.active_until = now, None
    elif status != RuleStatus.ACTIVE and rule.active_from is not None and rule.active_until is None:
        rule.active_until = now


def _store(
    owner: Team | None, rule: PriceRule | None, content: dict[str, Any], by: User | None, now: datetime
) -> tuple[PriceRule, Outcome]:
    wanted = {"name": content["name"], **_fields(content, rule)}
    code = _code(content, rule)
    _check_code(code, rule)
    if rule is None:
        rule = PriceRule(seller=owner, code=code, created_by=by, **{**wanted, "status": RuleStatus.DRAFT})
        _move(rule, wanted["status"], now)
        rule.status = wanted["status"]
        try:
            with transaction.atomic():
                rule.save(force_insert=True)
        except IntegrityError as error:  # somebody else stored the same code a moment ago
            raise PromotionCodeTaken(promotion_code=code) from error
        return rule, "created"
    if rule.code == code and all(getattr(rule, name) == value for name, value in wanted.items()):
        return rule, "unchanged"
    _move(rule, wanted["status"], now)
    for name, value in {**wanted, "code": code, "updated_at": now}.items():
        setattr(rule, name, value)
    # not its uses: calls are counted beside this
    rule.save(update_fields=[*wanted, "code", "active_from", "active_until", "updated_at"])
    return rule, "updated"


def _check_code(code: str, rule: PriceRule | None) -> None:
    same_code = PriceRule.objects.filter(code=code).first()
    if same_code is not None and same_code != rule:
        raise PromotionCodeTaken(promotion_code=code)


def _fields(content: dict[str, Any], rule: PriceRule | None) -> dict[str, Any]:
    """Return what the rule is to be. A file that says no status leaves the one that it has; a new one is a draft."""
    values = {
        "description": content.get("description") or "",
        "pricing": content["pricing"],
        "scope": content.get("scope"),
        "apply_at": content.get("apply_at") or "request",
        "priority": content.get("priority") or 0,
        "status": content.get("status") or (rule.status if rule else RuleStatus.DRAFT),
        "requires_redemption": _written_code(content) is not None,
        "expires_at": _moment(content.get("expires_at")),
        "max_uses": content.get("max_uses"),
    }
    return {name: values[name] for name in _FIELDS}


def _moment(told: str | datetime | None) -> datetime | None:
    """Return a time; without an offset it is meant in UTC."""
    moment = parse_datetime(told) if isinstance(told, str) else told
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _written_code(content: dict[str, Any]) -> str | None:
    customers = (content.get("scope") or {}).get("customers")
    code = customers.get("code") if isinstance(customers, dict) else None
    return code.strip() if code else None


def _code(content: dict[str, Any], rule: PriceRule | None) -> str:
    """Return the code as written; a generated one, and the internal one of a rule for all, stay what they are."""
    written = _written_code(content)
    generated = _GENERATED.fullmatch(written) if written else None
    if written and generated is None:
        return written
    if rule is not None and rule.requires_redemption == (written is not None):
        return rule.code
    length = int(generated[1]) if generated else 12
    return ("" if written else "rule-") + "".join(secrets.choice(ALPHABET) for _ in range(max(length, 4)))
