"""From aliases, groups, chains and broadcasts to the records by whose names calls find them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, cast
from uuid import UUID

from accounts.teams.models import Team, TeamKind
from domain.routing import snapshot
from gateway_admin.aliases.models import Alias
from gateway_admin.broadcasts import queries as broadcasts
from gateway_admin.broadcasts.models import Broadcast
from gateway_admin.chains import queries as chains
from gateway_admin.chains.models import Chain
from gateway_admin.collections.models import Collection
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import AccessInterface, GroupMember, GroupStatus, Service, ServiceGroup, Visibility

Policy = Literal["weighted_random", "by_price", "lowest_latency", "sticky"]
_POLICIES = frozenset({"weighted_random", "by_price", "lowest_latency", "sticky"})
_USUAL_WEIGHT = 10


def alias(key: str) -> snapshot.AliasRecord | None:
    """Compile the live rows of "team id/name", of "team id/alias id", or of a name that a seller publishes."""
    team_id, _, name = key.rpartition("/")
    live = Alias.objects.live()
    if not team_id:
        return _alias(name, live.filter(team__kind=TeamKind.SELLER, team__is_active=True, name=name))
    own = live.filter(team_id=team_id, team__kind=TeamKind.CUSTOMER)
    if (alias_id := _as_uuid(name)) is None:
        return _alias(name, own.filter(name=name))
    one = own.filter(pk=alias_id).first()
    return snapshot.AliasRecord(one.name, (_row(one, always=True),)) if one else None


def group(key: str) -> snapshot.GroupRecord | None:
    """Compile "team id/name" of a collection, "name" of a platform's group, "seller:name" of a seller's.

    The latter two only when they say how calls are spread: others are for browsing.
    """
    team_id, _, name = key.rpartition("/")
    if team_id:
        own = Collection.objects.filter(team_id=team_id, name=name).first()
        return _collection(own) if own else None
    seller, _, own_name = name.rpartition(":")
    routable = ServiceGroup.objects.filter(status=GroupStatus.ACTIVE, routing_policy__isnull=False, name=own_name)
    found = routable.filter(owner__name=seller, owner__is_active=True) if seller else routable.filter(owner=None)
    one = found.first()
    return _catalogue_group(one, name) if one else None


def pool(service: Service) -> snapshot.GroupRecord:
    """Return the members of a platform service that can be called for it, and how one of them is chosen."""
    members = list(catalog.members(service).filter(seller__is_active=True, requires_enrollment=False))
    native = native_keys(each.pk for each in members)
    return snapshot.GroupRecord(
        id=str(service.pk),
        name=service.name,
        members=tuple(_pooled(each, native.get(each.pk)) for each in members),
        policy=_policy((service.routing_vars or {}).get("strategy")),
    )


def chain(key: str) -> snapshot.ChainRecord | None:
    """Compile "team id/name"."""
    team_id, _, name = key.rpartition("/")
    found = Chain.objects.filter(team_id=team_id, name=name).first()
    return chains.record(found) if found else None


def broadcast(key: str) -> snapshot.BroadcastRecord | None:
    """Compile "team id/name"."""
    team_id, _, name = key.rpartition("/")
    found = Broadcast.objects.filter(team_id=team_id, name=name).first()
    return broadcasts.record(found) if found else None


def group_keys(service: Service) -> set[str]:
    """Return the keys of the group records that hold a service."""
    own = Collection.objects.filter(members__service=service).values_list("team_id", "name")
    routable = ServiceGroup.objects.filter(members__service=service, routing_policy__isnull=False)
    return {f"{team_id}/{name}" for team_id, name in own} | {
        group_key(each) for each in routable.select_related("owner")
    }


def group_key(group: ServiceGroup) -> str:
    """Return the name under which a group of the catalogue is called."""
    return f"{group.owner.name}:{group.name}" if group.owner else group.name


def names_of(team: Team) -> set[tuple[str, str]]:
    """Return (kind, key) of everything that a team gave a name to."""
    aliases = list(Alias.objects.filter(team=team).values_list("name", "pk"))
    if team.is_seller:
        return {("alias", name) for name, _ in aliases}
    found = {("alias", f"{team.pk}/{key}") for pair in aliases for key in pair}
    for kind, names in (
        ("group", Collection.objects.filter(team=team).values_list("name", flat=True)),
        ("chain", Chain.objects.filter(team=team).values_list("name", flat=True)),
        ("broadcast", Broadcast.objects.filter(team=team).values_list("name", flat=True)),
    ):
        found |= {(kind, f"{team.pk}/{name}") for name in names}
    return found


def _alias(name: str, rows: Iterable[Alias]) -> snapshot.AliasRecord | None:
    compiled = tuple(_row(each) for each in rows)
    return snapshot.AliasRecord(name, compiled) if compiled else None


def _row(row: Alias, *, always: bool = False) -> snapshot.AliasRow:
    """Return a row. always: it was asked for by its id, so it is followed whatever else routes."""
    return snapshot.AliasRow(
        id=str(row.pk),
        target_path=row.target_path,
        request_routing_key=None if always else row.request_routing_key,
        routing_key_override=row.routing_key_override,
        is_routing=always or row.is_routing,
    )


def _collection(collection: Collection) -> snapshot.GroupRecord:
    members = list(collection.members.select_related("service").order_by("sort_order", "created_at"))
    native = native_keys(each.service_id for each in members)
    return snapshot.GroupRecord(
        id=str(collection.pk),
        name=collection.name,
        members=tuple(
            _member(each.service, each.routing_key, native.get(each.service_id), weight=each.weight) for each in members
        ),
        access="collection",
        policy=_policy(collection.policy),
        enabled=collection.enabled,
    )


def _catalogue_group(group: ServiceGroup, name: str) -> snapshot.GroupRecord:
    policy: dict[str, Any] = group.routing_policy or {}
    weights = policy.get("weights")
    by_name: dict[str, Any] = weights if isinstance(weights, dict) else {}
    members = list(GroupMember.objects.filter(group=group).select_related("service").order_by("created_at", "pk"))
    native = native_keys(each.service_id for each in members)
    return snapshot.GroupRecord(
        id=str(group.pk),
        name=name,
        members=tuple(
            _member(
                each.service,
                each.routing_key,
                native.get(each.service_id),
                weight=_weight(by_name.get(each.service.name)),
            )
            for each in members
        ),
        access="keyed" if policy.get("access") == "keyed" else "open",
        policy=_policy(policy.get("strategy")),
        sticky_header=str(policy.get("sticky_header") or "").lower(),
    )


def _member(
    service: Service, key: dict[str, Any] | None, native: dict[str, Any] | None, *, weight: int
) -> snapshot.GroupMember:
    """Return a member. One that callers choose by another key is asked for its own."""
    return snapshot.GroupMember(
        service_id=str(service.pk),
        routing_key=key or native,
        forwards=native,
        weight=weight,
        price=service.nominal_price,
        is_private=service.visibility == Visibility.PRIVATE,
    )


def _pooled(service: Service, native: dict[str, Any] | None) -> snapshot.GroupMember:
    """Return a member of a platform service: chosen by any key, and asked for its own."""
    return snapshot.GroupMember(str(service.pk), forwards=native, weight=_USUAL_WEIGHT, price=service.nominal_price)


def native_keys(service_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the routing key that each service's first shared interface asks for."""
    found: dict[UUID, dict[str, Any]] = {}
    interfaces = AccessInterface.objects.filter(
        service__in=list(service_ids), gateway="api", is_active=True, is_enrollment_scoped=False
    )
    for each in interfaces.order_by("-is_primary", "sort_order", "name"):
        if each.routing_key:
            found.setdefault(each.service_id, each.routing_key)
    return found


def _policy(wanted: object) -> Policy:
    return cast(Policy, wanted) if isinstance(wanted, str) and wanted in _POLICIES else "weighted_random"


def _weight(wanted: object) -> int:
    is_whole = isinstance(wanted, int) and not isinstance(wanted, bool)
    return cast(int, wanted) if is_whole and 0 <= cast(int, wanted) <= 1_000_000 else _USUAL_WEIGHT


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) in {32, 36} else None
    except ValueError:
        return None
