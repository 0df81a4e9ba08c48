"""Writes of collections."""

from __future__ import annotations

from collections.abc import Collection as Several
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from common.errors import DomainError
from gateway_admin import named
from gateway_admin.collections import queries
from gateway_admin.collections.models import Collection, CollectionMember, Policy
from marketplace.catalog.models import Service

MOST_COLLECTIONS = 100
MOST_MEMBERS = 20
FAVOURITES = "favorites"


class ServiceNotCallable(DomainError):
    """The team cannot call the service."""

    code = "enrollment_required"
    sentence = "{service} needs an enrollment. Enroll on its page in the market, then add it."


@transaction.atomic
def create(
    *,
    team: Team,
    name: str,
    by: User | None,
    now: datetime,
    display_name: str = "",
    description: str = "",
    policy: str = Policy.WEIGHTED_RANDOM,
) -> Collection:
    """Make an empty collection. Raises: NameInvalid, NameReserved, NameTaken, TooMany."""
    named.check_room(queries.collections(team=team), team=team, name=name, what="collection", most=MOST_COLLECTIONS)
    made = Collection.objects.create(
        team=team,
        name=name,
        display_name=display_name,
        description=description,
        policy=policy,
        created_by=by,
        updated_at=now,
    )
    _publish(made)
    return made


@transaction.atomic
def update(*, collection: Collection, changes: dict[str, Any], now: datetime) -> Collection:
    """Change what is given of display_name, description, enabled, policy; None clears a text."""
    collection = queries.lock_collection(collection)
    for field in ("display_name", "description"):
        if field in changes:
            setattr(collection, field, changes[field] or "")
    if changes.get("enabled") is not None:
        collection.enabled = changes["enabled"]
    if changes.get("policy"):
        collection.policy = changes["policy"]
    collection.updated_at = now
    collection.save()
    _publish(collection)
    return collection


@transaction.atomic
def delete(*, collection: Collection) -> None:
    """Remove a collection: calls to it are answered with 404 from then on."""
    team_id, name = collection.team_id, collection.name
    queries.lock_collection(collection).delete()
    ports.publish("group", f"{team_id}/{name}")


@transaction.atomic
def add_member(
    *,
    collection: Collection,
    service: Service,
    routing_key: dict[str, Any] | None = None,
    sort_order: int = 0,
    weight: int = 10,
) -> CollectionMember:
    """Add a service, or change how it stands there. Raises: ServiceNotCallable, RoutingKeyInvalid, TooMany."""
    collection = queries.lock_collection(collection)
    key = named.check_key(routing_key, field="routing_key")
    if not queries.is_dispatchable(team=collection.team, service=service):
        raise ServiceNotCallable(service=str(service))
    is_new = not collection.members.filter(service=service).exists()
    if is_new and collection.members.count() >= MOST_MEMBERS:
        raise named.TooMany(most=MOST_MEMBERS, what="services in a collection")
    member, _ = CollectionMember.objects.update_or_create(
        collection=collection,
        service=service,
        defaults={"routing_key": key, "sort_order": sort_order, "weight": weight},
    )
    _publish(collection)
    return member


@transaction.atomic
def remove_member(*, collection: Collection, service_id: UUID) -> None:
    """Take a service out. One that is not in it changes nothing."""
    collection = queries.lock_collection(collection)
    collection.members.filter(service=service_id).delete()
    _publish(collection)


@transaction.atomic
def set_membership(
    *, team: Team, service: Service, wanted: Several[UUID], with_favourites: bool, by: User | None, now: datetime
) -> None:
    """Make `wanted` the whole of the team's collections that hold a service; the favourites are made when first used.

    Raises: ServiceNotCallable, TooMany.
    """
    chosen = set(wanted)
    favourites = queries.collections(team=team).filter(is_default=True).first()
    if with_favourites:
        favourites = favourites or _favourites(team, by=by, now=now)
        chosen.add(favourites.pk)
    elif favourites is not None:
        chosen.discard(favourites.pk)
    for each in queries.collections(team=team):
        is_in = each.members.filter(service=service).exists()
        if each.pk in chosen and not is_in:
            add_member(collection=each, service=service)
        elif each.pk not in chosen and is_in:
            remove_member(collection=each, service_id=service.pk)


def _favourites(team: Team, *, by: User | None, now: datetime) -> Collection:
    found = queries.collections(team=team).filter(name=FAVOURITES).first()
    made = found or create(team=team, name=FAVOURITES, display_name="Favorites", by=by, now=now)
    made.is_default = True
    made.save(update_fields=["is_default"])
    return made


def _publish(collection: Collection) -> None:
    ports.publish("group", f"{collection.team_id}/{collection.name}")
