"""The sellers' API over promotions: `usvc seller promotions`."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema, Status

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from billing.promotions import queries, schemas, services
from billing.promotions.models import PriceRule
from common import cursors
from common.ninja import Endpoints

router = Router(tags=["promotions"])
endpoint = Endpoints(router)
#: The command line asks for a thousand and looks for names among them.
_PAGE_LIMIT = 1000


class PromotionFilters(Schema):
    cursor: str | None = None
    limit: int = 50
    status: schemas.StatusWord | None = None


@endpoint("GET", "/promotions", {200: schemas.PromotionPage})
def promotion_list(request: KeyRequest, filters: Query[PromotionFilters]) -> schemas.PromotionPage:
    """Return the seller's promotions, newest first."""
    found = queries.price_rules(team=request.team)
    found = found.filter(status=filters.status) if filters.status else found
    page = cursors.page(found, cursor=filters.cursor, limit=min(max(filters.limit, 1), _PAGE_LIMIT))
    rows = [schemas.promotion_row(rule) for rule in page.rows]
    return schemas.PromotionPage(data=rows, next_cursor=page.next_cursor, has_more=page.has_more)


@endpoint("PUT", "/promotions", {200: schemas.PromotionRow})
def promotion_upload(request: KeyRequest, body: schemas.PromotionFile) -> schemas.PromotionRow:
    """Create a promotion, or change the one of that name, as its file says. A generated code is kept."""
    callers.check(request, Permission.MANAGE_SERVICES)
    rule = services.upload(
        owner=request.team,
        file=body.model_dump(mode="json", exclude_unset=True),
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return schemas.promotion_row(rule)


@endpoint("GET", "/promotions/{promotion_id}", {200: schemas.PromotionRow})
def promotion_detail(request: KeyRequest, promotion_id: UUID) -> schemas.PromotionRow:
    """Return one promotion."""
    return schemas.promotion_row(_rule(request, promotion_id))


@endpoint("PATCH", "/promotions/{promotion_id}", {200: schemas.PromotionRow})
def promotion_update(request: KeyRequest, promotion_id: UUID, change: schemas.PromotionChange) -> schemas.PromotionRow:
    """Change the fields that are given. status: activate a draft or a paused one, pause an active one."""
    callers.check(request, Permission.MANAGE_SERVICES)
    rule = services.change(
        rule=_rule(request, promotion_id), changes=change.dict(exclude_unset=True), now=timezone.now()
    )
    return schemas.promotion_row(rule)


@endpoint("DELETE", "/promotions/{promotion_id}", {204: None})
def promotion_delete(request: KeyRequest, promotion_id: UUID) -> Status[None]:
    """Remove a draft."""
    callers.check(request, Permission.MANAGE_SERVICES)
    services.delete(rule=_rule(request, promotion_id))
    return Status(204, None)


def _rule(request: KeyRequest, promotion_id: UUID) -> PriceRule:
    return queries.price_rule(team=request.team, rule_id=promotion_id)
