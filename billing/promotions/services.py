"""Writes of price rules."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime

from accounts.teams.models import Team
from accounts.users.models import User
from billing.promotions.models import PriceRule
from common.errors import DomainError
from domain.routing.codes import ALPHABET

_GENERATED = re.compile(r"\{\{\s*promotion_code\(\s*(\d{1,2})\s*\)\s*\}\}")
_FIELDS = ("description", "pricing", "scope", "apply_at", "priority", "status", "requires_redemption", "expires_at",
           "max_uses")  # fmt: skip


class PromotionCodeTaken(DomainError):
    """Another promotion is redeemed by the code."""

    code = "name_taken"
    sentence = "The promotion code {promotion_code!r} is taken. Choose another one."


@transaction.atomic
def store(
    *, owner: Team, content: dict[str, Any], by: User | None, now: datetime
) -> tuple[PriceRule, Literal["created", "updated", "unchanged"]]:
    """Store a validated promotion under its name. A generated code is made once and kept.

    Raises: PromotionCodeTaken.
    """
    Team.objects.select_for_update(of=("self",)).get(pk=owner.pk)
    rule = PriceRule.objects.filter(seller=owner, name=content["name"]).first()
    wanted = _fields(content)
    code = _code(content, rule)
    same_code = PriceRule.objects.filter(code=code).first()
    if same_code is not None and same_code != rule:
        raise PromotionCodeTaken(promotion_code=code)
    if rule is None:
        try:
            with transaction.atomic():
                rule = PriceRule.objects.create(seller=owner, name=content["name"], code=code, created_by=by, **wanted)
        except IntegrityError as error:  # another seller stored the same code a moment ago
            raise PromotionCodeTaken(promotion_code=code) from error
        return rule, "created"
    if rule.code == code and all(getattr(rule, name) == value for name, value in wanted.items()):
        return rule, "unchanged"
    for name, value in {**wanted, "code": code, "updated_at": now}.items():
        setattr(rule, name, value)
    rule.save()
    return rule, "updated"


def _fields(content: dict[str, Any]) -> dict[str, Any]:
    expires_at = content.get("expires_at")
    values = {
        "description": content.get("description") or "",
        "pricing": content["pricing"],
        "scope": content.get("scope"),
        "apply_at": content.get("apply_at") or "request",
        "priority": content.get("priority") or 0,
        "status": content.get("status") or "draft",
        "requires_redemption": _written_code(content) is not None,
        "expires_at": parse_datetime(expires_at) if isinstance(expires_at, str) else expires_at,
        "max_uses": content.get("max_uses"),
    }
    return {name: values[name] for name in _FIELDS}


def _written_code(content: dict[str, Any]) -> str | None:
    customers = (content.get("scope") or {}).get("customers")
    return customers.get("code") if isinstance(customers, dict) else None


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
