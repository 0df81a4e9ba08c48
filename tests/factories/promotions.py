"""Promotions and included quotas."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from accounts.teams.models import Team
from billing.promotions import services as promotions
from billing.promotions.models import Allowance, PriceRule
from billing.wallets.models import Wallet
from common.ports import ServiceFacts
from tests.factories.billing import NOON

#: Before every call of the tests.
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
AFTER = datetime(2027, 6, 1, tzinfo=UTC)

TWENTY_OFF = {"type": "multiply", "factor": "0.80"}


def promotion(owner: Team | None, pricing: dict[str, Any] | None = None, **content: Any) -> PriceRule:
    """Return an active promotion, 20 % off unless said otherwise; the platform's without an owner."""
    name = content.pop("name", f"promotion-{uuid4().hex[:6]}")
    now = content.pop("now", BEFORE)
    content = {"name": name, "pricing": pricing or TWENTY_OFF, "status": "active", **content}
    if owner is None:
        rule, _ = promotions.store_platform_rule(rule=None, content=content, by=None, now=now)
    else:
        rule, _ = promotions.store(owner=owner, content=content, by=None, now=now)
    return rule


def allowance(wallet: Wallet, enrollment_id: UUID, included: str, **facts: Any) -> Allowance:
    """Return a quota of tokens for a year around the calls of the tests."""
    wanted: dict[str, Any] = {
        "name": "Starter",
        "metric": "tokens",
        "starts_at": BEFORE,
        "ends_at": AFTER,
        "key": str(uuid4()),
        **facts,
    }
    return promotions.grant_allowance(
        wallet_id=wallet.pk, enrollment_id=enrollment_id, included=Decimal(included), **wanted
    )


class Services:
    """What the floor above would say of services; plug `facts` into the port."""

    def __init__(self) -> None:
        self._known: dict[UUID, ServiceFacts] = {}

    def add(self, seller: Team, name: str = "acme/chat", *groups: tuple[Team | None, str]) -> UUID:
        """Make up a service in some groups and return its id."""
        service_id = uuid4()
        in_groups = frozenset((owner and owner.pk, group) for owner, group in groups)
        self._known[service_id] = ServiceFacts(seller.pk, name, in_groups)
        return service_id

    def facts(self, ids: Any) -> dict[UUID, ServiceFacts]:
        return {each: self._known[each] for each in ids if each in self._known}


__all__ = ["AFTER", "BEFORE", "NOON", "TWENTY_OFF", "Services", "allowance", "promotion"]
