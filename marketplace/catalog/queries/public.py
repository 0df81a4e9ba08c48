"""What anybody may read of a service through the API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from common.errors import NotFound
from marketplace.catalog.labels import reference
from marketplace.catalog.models import (
    AccessInterface,
    Document,
    DocumentCategory,
    GroupMember,
    GroupStatus,
    Service,
    ServiceGroup,
    ServiceStatus,
    Visibility,
)

#: A sitemap may name 50,000 addresses, and the others of ours are few.
_IN_SITEMAP = 40_000


def public_service(service_id: UUID) -> Service:
    """Return a public service that is on sale, or whose sale has ended, with its parts. Raises: NotFound."""
    found = (
        Service.objects.originals()
        .filter(
            pk=service_id,
            visibility=Visibility.PUBLIC,
            status__in=[ServiceStatus.ACTIVE, ServiceStatus.DEPRECATED],
        )
        .select_related("seller", "provider", "offering", "listing", "list_price")
        .prefetch_related("interfaces")
        .first()
    )
    if found is None:
        raise NotFound(what="service")
    return found


def market_addresses() -> list[tuple[str, datetime]]:
    """Return what stands for each service of the market in its address, and when it changed last; the newest first."""
    rows = Service.objects.in_market().order_by("-updated_at").values_list("name", "pk", "updated_at")
    return [(reference(name, pk), changed) for name, pk, changed in rows[:_IN_SITEMAP]]


def shared_interfaces(service: Service) -> list[AccessInterface]:
    """Return the addresses that every customer uses alike, the preferred one first."""
    own = service.interfaces.all()
    return [each for each in own if each.is_active and not each.is_enrollment_scoped]


def public_documents(service: Service) -> QuerySet[Document]:
    """Return what the seller wrote for everybody, in the seller's order."""
    owners = Q(provider=service.provider_id) | Q(offering=service.offering_id) | Q(listing=service.listing_id)
    found = Document.objects.filter(owners, is_active=True, is_public=True)
    return found.exclude(category=DocumentCategory.CONNECTIVITY_TEST).select_related("blob")


def public_document(service: Service, document_id: UUID) -> Document:
    """Return one of them. Raises: NotFound."""
    found = public_documents(service).filter(pk=document_id).first()
    if found is None:
        raise NotFound(what="document")
    return found


def routable_memberships(service: Service) -> list[GroupMember]:
    """Return the service's places in the platform's groups that calls can be sent to."""
    routable = GroupMember.objects.filter(
        service=service,
        group__owner=None,
        group__status=GroupStatus.ACTIVE,
        group__routing_policy__isnull=False,
    )
    return list(routable.select_related("group").order_by("group__sort_order", "group__name"))


def filled_groups() -> QuerySet[ServiceGroup]:
    """Return the platform's groups that have members, in the operators' order."""
    has_members = Exists(GroupMember.objects.filter(group=OuterRef("pk")))
    return ServiceGroup.objects.filter(has_members, owner=None, status=GroupStatus.ACTIVE).order_by(
        "sort_order", "name"
    )


def platform_groups() -> QuerySet[ServiceGroup]:
    """Return the same, each with `member_count`."""
    return filled_groups().annotate(member_count=Count("members"))


def services_in(group: ServiceGroup) -> QuerySet[Service]:
    """Return what the market offers of a group."""
    offered = Service.objects.in_market().filter(group_members__group=group)
    return offered.select_related("provider").prefetch_related("interfaces")


def searched(services: QuerySet[Service], words: str | None) -> QuerySet[Service]:
    """Return the services whose name, display name or provider contains `words`, whatever their case."""
    if not words:
        return services
    named = Q(name__icontains=words) | Q(display_name__icontains=words)
    return services.filter(named | Q(provider__name__icontains=words) | Q(provider__display_name__icontains=words))
