"""Groups as customers see them: the platform's, then their own collections, under one set of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet

from accounts.teams.models import Team
from common.errors import NotFound
from gateway_admin.collections import queries
from gateway_admin.collections.models import Collection
from gateway_admin.publishing.named_compilers import group_key
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Gateway, Service, ServiceGroup

Kind = Literal["category", "collection", "open", "keyed"]
Owner = Literal["all", "system", "own"]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of either kind. address: where it is called, None for browsing only. enabled: None for the platform's."""

    source: ServiceGroup | Collection
    name: str
    display_name: str
    description: str
    kind: Kind
    member_count: int
    address: str | None
    policy: dict[str, Any] | None
    enabled: bool | None
    is_default: bool = False

    @property
    def id(self) -> UUID:
        return self.source.pk

    @property
    def is_own(self) -> bool:
        return isinstance(self.source, Collection)


def groups(*, team: Team | None, owner: Owner = "all", name: str | None = None) -> list[Group]:
    """Return the groups that a customer, or with None anybody, sees. name: a part of names."""
    found = [_platform(each) for each in catalog.platform_groups()] if owner != "own" else []
    if team is not None and owner != "system":
        found += [_own(each) for each in queries.collections(team=team)]
    return [each for each in found if not name or name.lower() in each.name.lower()]


def group(*, team: Team | None, name_or_id: str) -> Group:
    """Return one group by its name or id, the customer's own before the platform's. Raises: NotFound."""
    own = queries.collection_called(team=team, name_or_id=name_or_id) if team else None
    if own is not None:
        return _own(own)
    return _platform(_of_platform(catalog.platform_groups(), name_or_id))


def services(*, team: Team | None, name_or_id: str, search: str | None = None) -> QuerySet[Service]:
    """Return the services on offer of one group. Nobody counts its members for that. Raises: NotFound.

    search: a part of their name or their provider's.
    """
    own = queries.collection_named(team=team, name_or_id=name_or_id) if team else None
    if own is not None:
        return catalog.searched(queries.services_in(own), search)
    return catalog.searched(catalog.services_in(_of_platform(catalog.filled_groups(), name_or_id)), search)


def _of_platform(groups: QuerySet[ServiceGroup], name_or_id: str) -> ServiceGroup:
    found = groups.filter(**queries.by_name_or_id(name_or_id)).first()
    if found is None:
        raise NotFound(what="group")
    return found


def _platform(group: ServiceGroup) -> Group:
    policy = group.routing_policy
    kind: Kind = "category"
    if policy is not None:
        kind = "keyed" if policy.get("access") == "keyed" else "open"
    return Group(
        source=group,
        name=group.name,
        display_name=str(group),
        description=group.description,
        kind=kind,
        member_count=group.member_count,  # type: ignore[attr-defined]  # annotated by the query
        address=_address(group_key(group)) if policy is not None else None,
        policy=policy,
        enabled=None,
    )


def _own(collection: Collection) -> Group:
    return Group(
        source=collection,
        name=collection.name,
        display_name=str(collection),
        description=collection.description,
        kind="collection",
        member_count=collection.member_count,  # type: ignore[attr-defined]  # annotated by the query
        address=_address(collection.name),
        policy={"strategy": collection.policy},
        enabled=collection.enabled,
        is_default=collection.is_default,
    )


def _address(name: str) -> str:
    return f"{catalog.gateway_url(Gateway.API)}/g/{name}"
