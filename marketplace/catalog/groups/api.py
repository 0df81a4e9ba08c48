"""The sellers' API over service groups: `usvc seller groups`."""

from __future__ import annotations

from uuid import UUID

from ninja import Query, Router, Schema, Status

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common import cursors
from common.ninja import Endpoints
from marketplace.catalog import queries, services
from marketplace.catalog.groups import schemas
from marketplace.catalog.models import ServiceGroup

router = Router(tags=["service groups"])
endpoint = Endpoints(router)
#: The command line asks for a thousand and looks for names among them.
_PAGE_LIMIT = 1000


class GroupFilters(Schema):
    cursor: str | None = None
    limit: int = 50
    status: schemas.GroupStatusWord | None = None


@endpoint("GET", "/service-groups", {200: schemas.GroupPage})
def group_list(request: KeyRequest, filters: Query[GroupFilters]) -> schemas.GroupPage:
    """Return the seller's groups, newest first."""
    found = queries.made_groups(team=request.team, status=filters.status)
    page = cursors.page(found, cursor=filters.cursor, limit=min(max(filters.limit, 1), _PAGE_LIMIT))
    shown = queries.counted(shown=page.rows)
    paths = queries.ancestor_paths(of=shown)
    rows = [schemas.GroupRow(**schemas.group_row(group, paths[group.pk])) for group in shown]
    return schemas.GroupPage(data=rows, next_cursor=page.next_cursor, has_more=page.has_more)


@endpoint("PUT", "/service-groups", {200: schemas.GroupDetail})
def group_upload(request: KeyRequest, body: schemas.GroupFile) -> schemas.GroupDetail:
    """Create a group, or change the one of that name, as its file says."""
    _check(request)
    group = services.upload_group(owner=request.team, file=body.dict(exclude_unset=True))
    return _detail(request, group.pk)


@endpoint("POST", "/service-groups/preview", {200: schemas.GroupPreview}, makes=False)
def group_preview(request: KeyRequest, body: schemas.GroupFile) -> schemas.GroupPreview:
    """Tell who would join and who would leave if this file were uploaded now. Nothing is changed."""
    told = services.preview_group(owner=request.team, file=body.dict(exclude_unset=True))
    return schemas.group_preview(told)


@endpoint("GET", "/service-groups/{group_id}", {200: schemas.GroupDetail})
def group_detail(request: KeyRequest, group_id: UUID) -> schemas.GroupDetail:
    """Return one group with its members."""
    return _detail(request, group_id)


@endpoint("PATCH", "/service-groups/{group_id}", {200: schemas.GroupDetail})
def group_update(request: KeyRequest, group_id: UUID, change: schemas.GroupChange) -> schemas.GroupDetail:
    """Change the fields that are given. Members by rule replace members by name, and the other way round."""
    _check(request)
    group = _group(request, group_id)
    services.change_group(owner=request.team, group=group, changes=change.dict(exclude_unset=True))
    return _detail(request, group_id)


@endpoint("DELETE", "/service-groups/{group_id}", {204: None})
def group_delete(request: KeyRequest, group_id: UUID) -> Status[None]:
    """Remove a group that is a draft or private."""
    _check(request)
    services.delete_group(group=_group(request, group_id))
    return Status(204, None)


def _group(request: KeyRequest, group_id: UUID) -> ServiceGroup:
    return queries.seller_group(team=request.team, group_id=group_id)


def _detail(request: KeyRequest, group_id: UUID) -> schemas.GroupDetail:
    group = _group(request, group_id)
    path = queries.ancestor_paths(of=[group])[group.pk]
    members = [schemas.member_row(member) for member in queries.group_members(group)]
    return schemas.GroupDetail(**schemas.group_row(group, path), services=members)


def _check(request: KeyRequest) -> None:
    callers.check(request, Permission.MANAGE_SERVICES)
