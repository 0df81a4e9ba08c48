"""Ways through the market beside search: by provider, and by group."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from common.errors import NotFound
from marketplace.catalog.models import GroupMember, GroupStatus, Provider, Service, ServiceGroup
from marketplace.catalog.queries.market import service_counts


@dataclass(frozen=True, slots=True)
class ProviderSeen:
    """A provider and how many services of theirs are on the market."""

    provider: Provider
    count: int


def providers(*, start: int, size: int) -> tuple[list[ProviderSeen], int]:
    """Return a part of the providers who have something on the market, by name, and how many there are."""
    counts = service_counts("provider")
    names = sorted(counts)
    shown = {each.name: each for each in Provider.objects.filter(name__in=names[start : start + size])}
    found = [ProviderSeen(shown[name], counts[name]) for name in names[start : start + size] if name in shown]
    return found, len(names)


def provider(name: str) -> ProviderSeen:
    """Return a provider who has something on the market. Raises: NotFound."""
    found = Provider.objects.filter(name__iexact=name.replace("\x00", "")).first()
    count = on_market(found).count() if found is not None else 0
    if found is None or not count:
        raise NotFound(what="provider")
    return ProviderSeen(found, count)


def on_market(provider: Provider) -> QuerySet[Service]:
    """Return what a provider has on the market, by name."""
    return Service.objects.in_market().filter(provider=provider).order_by("name", "id")


def public_groups() -> QuerySet[ServiceGroup]:
    """Return the groups that are open to everybody and have services on the market: the platform's first.

    Each has `member_count`, of those on the market.
    """
    on_sale = GroupMember.objects.filter(group=OuterRef("pk"), service__in=Service.objects.in_market())
    offered = Q(members__service__in=Service.objects.in_market())
    return (
        ServiceGroup.objects.filter(Exists(on_sale), status=GroupStatus.ACTIVE)
        .exclude(owner__isnull=False, parent__isnull=True)
        .annotate(member_count=Count("members", filter=offered))
        .select_related("owner")
        .order_by(F("owner").asc(nulls_first=True), "sort_order", "name")
    )


def public_group(reference: str) -> ServiceGroup:
    """Return one of them by the name that calls use: "chat-models", or "acme:fast" of a seller. Raises: NotFound."""
    owner, colon, name = reference.replace("\x00", "").partition(":")
    named = Q(owner__name=owner, name=name) if colon else Q(owner=None, name=owner)
    found = public_groups().filter(named).first()
    if found is None:
        raise NotFound(what="service group")
    return found


def members_on_market(group: ServiceGroup) -> QuerySet[Service]:
    """Return what the market offers of a group, by name."""
    return Service.objects.in_market().filter(group_members__group=group).order_by("name", "id")
