"""Who is in which group. Rules are asked again whenever a service or a rule changes, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from common import ports
from domain import expressions
from marketplace.catalog import queries
from marketplace.catalog.models import (
    GroupMember,
    MembershipCause,
    Service,
    ServiceGroup,
    ServiceStatus,
    Visibility,
)
from marketplace.catalog.services import membership_log

#: The platform's group of everything on the market.
ALL_SERVICES = "all_services"
#: With so many providers behind it, a platform service is listed.
_LISTED_FROM = 2
#: All that rules and names of members ask about.
_ASKED = (
    "name", "display_name", "service_type", "status", "visibility", "channel_types", "tags", "revision_of",
    "seller__name", "provider__name",
)  # fmt: skip
_parsed = lru_cache(maxsize=256)(expressions.parse)


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be in a group: all of them, and against what it is now those who join and those who leave."""

    members: tuple[Service, ...]
    joining: tuple[Service, ...]
    leaving: tuple[Service, ...]


@transaction.atomic(savepoint=False)
def refresh(*, service: Service) -> None:
    """Put a service into the groups that now want it, and take it out of the others."""
    if service.revision_of_id is not None:
        return
    found = ServiceGroup.objects.filter(Q(owner=service.seller_id) | Q(owner=None)).select_related("owner")
    groups = {group.pk: group for group in found}
    wanted = {pk: wish for pk, group in groups.items() if (wish := _wish(group, service)) is not None}
    who = [(service.pk, service.name)]
    unwanted = list(GroupMember.objects.filter(service=service).exclude(group__in=wanted).select_for_update())
    GroupMember.objects.filter(pk__in=[member.pk for member in unwanted]).delete()
    for member in unwanted:
        membership_log.left(groups[member.group_id], who, MembershipCause.SERVICE)
    for group_id, routing_key in wanted.items():
        _, is_new = GroupMember.objects.update_or_create(
            group_id=group_id, service=service, defaults={"routing_key": routing_key or None}
        )
        if is_new:
            membership_log.joined(groups[group_id], who, MembershipCause.SERVICE)
    for group_id in {*wanted, *(member.group_id for member in unwanted)}:
        publish(groups[group_id])
    if service.parent_id is not None:
        _show_platform(service.parent_id)


def _show_platform(platform_id: UUID) -> None:
    """List a platform service by how many providers answer for it: unlisted with one, public from two on."""
    platform = queries.lock_service(platform_id)
    providers = queries.members(platform).values("provider").distinct().count()
    wanted = Visibility.PUBLIC if providers >= _LISTED_FROM else Visibility.UNLISTED
    if platform.visibility != wanted:
        platform.visibility = wanted
        platform.save(update_fields=["visibility"])
        refresh(service=platform)


@transaction.atomic
def refresh_group(*, group: ServiceGroup) -> None:
    """Choose the members of a group anew."""
    wanted, names = {}, {}
    for service in candidates(group).iterator(chunk_size=1000):
        if (routing_key := _wish(group, service)) is not None:
            wanted[service.pk], names[service.pk] = routing_key, service.name
    members = {member.service_id: member for member in group.members.all()}
    unwanted = group.members.exclude(service__in=wanted).select_related("service").select_for_update(of=("self",))
    leaving = [(member.service_id, member.service.name) for member in unwanted]
    group.members.filter(service__in=[pk for pk, _ in leaving]).delete()
    changed = [members[pk] for pk, key in wanted.items() if pk in members and members[pk].routing_key != (key or None)]
    for member in changed:
        member.routing_key = wanted[member.service_id] or None
    GroupMember.objects.bulk_update(changed, ["routing_key"], batch_size=1000)
    joining = [pk for pk in wanted if pk not in members]
    GroupMember.objects.bulk_create(
        [GroupMember(group=group, service_id=pk, routing_key=wanted[pk] or None) for pk in joining], batch_size=1000
    )
    membership_log.left(group, leaving, MembershipCause.RULE)
    membership_log.joined(group, [(pk, names[pk]) for pk in joining], MembershipCause.RULE)


def dissolve(*, group: ServiceGroup) -> None:
    """Let all members of a group leave, because it is about to be deleted."""
    members = group.members.values_list("service", "service__name")
    membership_log.left(group, members, MembershipCause.DELETED)
    group.members.all().delete()


def take_out(*, service: Service) -> None:
    """Let a service that is about to be deleted leave its groups."""
    members = list(GroupMember.objects.filter(service=service).select_related("group__owner"))
    GroupMember.objects.filter(pk__in=[member.pk for member in members]).delete()
    for member in members:
        membership_log.left(member.group, [(service.pk, service.name)], MembershipCause.SERVICE)
        publish(member.group)


def publish(group: ServiceGroup, *, was_routable: bool = False) -> None:
    """Let the gateways know who is in a group that calls can be sent to, or could be before a change."""
    if group.routing_policy is not None or was_routable:
        ports.publish("group", f"{group.owner.name}:{group.name}" if group.owner else group.name)


def candidates(group: ServiceGroup) -> QuerySet[Service]:
    """Return the services that a group may hold: its owner's, or for the platform's what is on the market."""
    services = Service.objects.originals().select_related("seller", "provider").only(*_ASKED).order_by("name")
    if group.owner_id is None:
        return services.in_market()
    return services.filter(seller=group.owner_id).exclude(status=ServiceStatus.DEPRECATED)


def preview(*, group: ServiceGroup) -> Preview:
    """Return who would be in a group, saved or not, if it were stored as it is now in memory. Nothing is written."""
    then_in = [service for service in candidates(group) if _wish(group, service) is not None]
    members = GroupMember.objects.filter(group_id=group.pk)
    now_in = {member.service_id: member.service for member in members.select_related("service__provider")}
    kept = {service.pk for service in then_in}
    return Preview(
        members=tuple(then_in),
        joining=tuple(service for service in then_in if service.pk not in now_in),
        leaving=tuple(service for pk, service in now_in.items() if pk not in kept),
    )


def facts(service: Service) -> dict[str, object]:
    """Return what a membership rule may ask about a service."""
    return {
        "service_id": str(service.pk),
        "seller_id": str(service.seller_id),
        "provider_id": str(service.provider_id),
        "seller_name": service.seller.name,
        "provider_name": service.provider.name,
        "name": service.name,
        "display_name": service.display_name,
        "service_type": service.service_type,
        "status": service.status,
        "listing_type": next(iter(service.channel_types), "managed"),
        "tags": tuple(service.tags),
        "is_featured": False,
    }


def _wish(group: ServiceGroup, service: Service) -> dict[str, object] | None:
    """Return the routing key that a group wants the service with ({} without one), or None when it does not want it."""
    if service.status == ServiceStatus.DEPRECATED or (group.owner_id is None and not _is_on_market(service)):
        return None
    if group.expression:
        return {} if expressions.evaluate(_parsed(group.expression), facts(service)).is_member else None
    if group.owner_id is None and group.name == ALL_SERVICES:
        return {}
    return _named(group.members_wanted, service.name)


def _named(wanted: Iterable[dict[str, object]], name: str) -> dict[str, object] | None:
    for wish in wanted:
        if wish.get("name") == name:
            key = wish.get("routing_key")
            return key if isinstance(key, dict) else {}
    return None


def _is_on_market(service: Service) -> bool:
    return service.status == ServiceStatus.ACTIVE and service.visibility == "public"
