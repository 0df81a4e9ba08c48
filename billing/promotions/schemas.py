"""The JSON of promotions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict

from billing.promotions.models import PriceRule
from common.ninja import Moment, Whole

Json = dict[str, Any]
StatusWord = Literal["draft", "active", "paused"]
MomentWord = Literal["request", "statement"]
Source = Literal["plan_tier", "plan_name", "platform_code", "seller_code"]


class PromotionFile(Schema):
    """A promotion as its file says it; the rules of files check it. Without `status` a known one keeps its own."""

    model_config = ConfigDict(extra="allow")

    name: str
    description: str | None = None
    scope: Json | None = None
    pricing: Json
    apply_at: MomentWord | None = None
    priority: Whole | None = None
    status: StatusWord | None = None
    expires_at: Moment | None = None
    max_uses: Whole | None = None


class PromotionChange(Schema):
    """What a PATCH changes. service_groups: the services or groups that it is for; null for all of them."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    description: str | None = None
    service_groups: list[str] | None = None
    pricing: Json | None = None
    priority: Whole | None = None
    status: StatusWord | None = None


class PromotionRow(Schema):
    """A promotion. code: how it is redeemed; of one that needs no code a name of its own."""

    id: UUID
    name: str
    description: str | None
    source: Source
    code: str
    scope: Json | None
    service_groups: list[str] | None
    pricing: Json
    apply_at: MomentWord
    priority: int
    status: StatusWord
    requires_redemption: bool
    expires_at: datetime | None
    max_uses: int | None
    uses: int
    seller_id: UUID | None
    created_by_id: UUID
    created_at: datetime
    updated_at: datetime


class PromotionPage(Schema):
    data: list[PromotionRow]
    next_cursor: str | None
    has_more: bool


def promotion_row(rule: PriceRule) -> PromotionRow:
    """Return a seller's promotion. Whoever made it may be gone: then the seller stands for them."""
    services = (rule.scope or {}).get("services")
    return PromotionRow.model_validate(
        {
            "id": rule.pk,
            "name": rule.name,
            "description": rule.description or None,
            "source": "seller_code",
            "code": rule.code,
            "scope": rule.scope,
            "service_groups": services if isinstance(services, list) else None,
            "pricing": rule.pricing,
            "apply_at": rule.apply_at,
            "priority": rule.priority,
            "status": rule.status,
            "requires_redemption": rule.requires_redemption,
            "expires_at": rule.expires_at,
            "max_uses": rule.max_uses,
            "uses": rule.uses,
            "seller_id": rule.seller_id,
            "created_by_id": rule.created_by_id or rule.seller_id,
            "created_at": rule.created_at,
            "updated_at": rule.updated_at,
        }
    )
