"""Groups and collections over JSON. The platform's groups are for everybody to read; collections are the team's."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Router, Status
from ninja.errors import AuthenticationError

from accounts.teams import callers
from accounts.teams.callers import KeyRequest, PublicRequest
from accounts.teams.models import TeamKind
from accounts.teams.permissions import Permission, PermissionDenied
from common import cursors
from common.ninja import Endpoints
from gateway_admin.api_keys.authentication import OptionalKey
from gateway_admin.collections import groups, queries, schemas, services
from gateway_admin.collections.groups import Owner
from gateway_admin.collections.models import Collection
from marketplace.catalog.customer.schemas import service_summary
from marketplace.enrollments import queries as enrollments

router = Router(tags=["groups"])
endpoint = Endpoints(router)
_ANYBODY = OptionalKey(TeamKind.CUSTOMER)


class PlatformGroup(PermissionDenied):
    """A group of the platform is read-only."""

    sentence = "{name!r} is the platform's group. Make a collection of your own, and change that."


@endpoint("GET", "/groups", {200: schemas.GroupList}, auth=_ANYBODY)
def group_list(
    request: PublicRequest, owner: Owner = "all", shared: bool = False, name: str | None = None
) -> schemas.GroupList:
    """Return the platform's groups, then the team's collections. Without a key: the platform's alone."""
    team = callers.team_of(request)
    if owner == "own" and team is None:
        raise AuthenticationError
    found = groups.groups(team=team, owner=owner, name=name)
    members = queries.members_of([each.source.pk for each in found if each.is_own])
    data = [schemas.group_view(each, members.get(each.id, []) if each.is_own else None) for each in found]
    return schemas.GroupList(data=data, count=len(data))


@endpoint("GET", "/groups/{name}", {200: schemas.GroupDetail}, auth=_ANYBODY)
def group_detail(request: PublicRequest, name: str) -> schemas.GroupDetail:
    """Return a group by its name or id, the team's own before the platform's."""
    return schemas.group_detail(groups.group(team=callers.team_of(request), name_or_id=name))


@endpoint("GET", "/groups/{name}/services", {200: schemas.ServicePage}, auth=_ANYBODY)
def group_services(
    request: PublicRequest, name: str, cursor: str | None = None, limit: int = 50, search: str | None = None
) -> schemas.ServicePage:
    """Return the services of a group, newest first."""
    rows = groups.services(team=callers.team_of(request), name_or_id=name, search=search)
    page = cursors.page(rows, cursor=cursor, limit=min(max(limit, 1), 200))
    return schemas.ServicePage(
        data=[service_summary(each) for each in page.rows], next_cursor=page.next_cursor, has_more=page.has_more
    )


@endpoint("POST", "/groups", {201: schemas.GroupView})
def collection_create(
    request: KeyRequest, body: schemas.CollectionIn, shared: bool = False
) -> Status[schemas.GroupView]:
    """Make an empty collection, called at /g/<name>."""
    callers.check(request, Permission.MANAGE_ROUTING)
    made = services.create(
        team=request.team,
        name=body.name,
        display_name=body.display_name or "",
        description=body.description or "",
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return Status(201, schemas.group_view(groups.group(team=request.team, name_or_id=str(made.pk)), []))


@endpoint("PATCH", "/groups/{name}", {200: schemas.CollectionOut})
def collection_update(request: KeyRequest, name: str, body: schemas.CollectionChange) -> schemas.CollectionOut:
    """Change what is given of a collection. Its name stays for ever."""
    found = _mine(request, name)
    changed = services.update(collection=found, changes=body.dict(exclude_unset=True), now=timezone.now())
    return schemas.collection_out(changed, changed.members.count())


@endpoint("DELETE", "/groups/{name}", {204: None})
def collection_delete(request: KeyRequest, name: str) -> Status[None]:
    """Remove a collection. The services stay."""
    services.delete(collection=_mine(request, name))
    return Status(204, None)


@endpoint("GET", "/groups/{uuid:group_id}/members", {200: list[schemas.MemberOut]})
def member_list(request: KeyRequest, group_id: UUID) -> list[schemas.MemberOut]:
    """Return the services of a collection and how they stand in it."""
    found = queries.collection(team=request.team, collection_id=group_id)
    return [schemas.member_out(each) for each in queries.members(found)]


@endpoint("POST", "/groups/{uuid:group_id}/members", {201: schemas.MemberOut})
def member_add(request: KeyRequest, group_id: UUID, body: schemas.MemberIn) -> Status[schemas.MemberOut]:
    """Add a service that the team can call, or change how it stands in the collection."""
    found = _mine(request, str(group_id))
    member = services.add_member(
        collection=found,
        service=enrollments.offered_service(team=request.team, service_id=body.service_id),
        routing_key=body.routing_key,
        sort_order=body.sort_order,
        weight=body.weight,
    )
    return Status(201, schemas.member_out(member))


@endpoint("DELETE", "/groups/{uuid:group_id}/members/{uuid:service_id}", {204: None})
def member_remove(request: KeyRequest, group_id: UUID, service_id: UUID) -> Status[None]:
    """Take a service out of a collection."""
    services.remove_member(collection=_mine(request, str(group_id)), service_id=service_id)
    return Status(204, None)


@endpoint("GET", "/services/{uuid:service_id}/groups", {200: schemas.Membership})
def membership(request: KeyRequest, service_id: UUID) -> schemas.Membership:
    """Return the team's collections, and which of them hold a service."""
    service = enrollments.offered_service(team=request.team, service_id=service_id)
    holding = queries.holding(team=request.team, service=service)
    own = list(queries.collections(team=request.team))
    entries = [
        schemas.MembershipEntry(
            id=each.pk,
            name=each.name,
            member=each.pk in holding,
            display_name=each.display_name or None,
            is_default=each.is_default,
        )
        for each in own
    ]
    if not any(each.is_default for each in own):
        favourites = schemas.MembershipEntry(
            id=None, name=services.FAVOURITES, member=False, display_name="Favorites", is_default=True
        )
        entries.insert(0, favourites)
    return schemas.Membership(
        service_id=service.pk,
        eligible=queries.is_dispatchable(team=request.team, service=service),
        groups=entries,
    )


@endpoint("PUT", "/services/{uuid:service_id}/groups", {200: schemas.Membership})
def membership_set(request: KeyRequest, service_id: UUID, body: schemas.MembershipIn) -> schemas.Membership:
    """Make the given collections the whole of those that hold a service."""
    callers.check(request, Permission.MANAGE_ROUTING)
    for group_id in body.group_ids:
        queries.collection(team=request.team, collection_id=group_id)
    services.set_membership(
        team=request.team,
        service=enrollments.offered_service(team=request.team, service_id=service_id),
        wanted=body.group_ids,
        with_favourites=body.include_default,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return membership(request, service_id)


def _mine(request: KeyRequest, name: str) -> Collection:
    """Return a collection of the team by its name or id, to change it. Raises: PlatformGroup."""
    callers.check(request, Permission.MANAGE_ROUTING)
    found = groups.group(team=request.team, name_or_id=name).source
    if not isinstance(found, Collection):
        raise PlatformGroup(name=found.name)
    return found
