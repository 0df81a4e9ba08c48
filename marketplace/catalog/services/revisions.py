"""Revisions: the next version of a service that is on sale. Customers keep the old one until it is approved."""

from __future__ import annotations

from common import ports
from marketplace.catalog.models import Listing, Offering, Service, ServiceKind, ServiceStatus, StatusChange
from marketplace.catalog.services import documents, interfaces

#: What the original takes over from its revision. Its id, seller, status, times and customers stay.
TAKEN_OVER = (
    "provider",
    "offering",
    "listing",
    "name",
    "display_name",
    "summary",
    "content_hash",
    "warnings",
    "upload",
    "provider_data",
    "managed_by_template",
    "service_type",
    "capabilities",
    "tags",
    "channel_types",
    "requires_enrollment",
    "customer_secrets",
    "seller_secrets",
    "routing_vars",
    "list_price",
    "currency",
    "nominal_price",
    "search",
    "facets",
)


def merge(*, original: Service, revision: Service) -> Service:
    """Make the content of `revision` that of `original`, and remove the revision. Both rows are locked.

    Enrollments keep the price that they accepted: they name their own price version.
    """
    old_offering, old_listing = original.offering, original.listing
    wanted = interfaces.described(revision)
    for field in TAKEN_OVER:
        setattr(original, field, getattr(revision, field))
    if original.kind == ServiceKind.REGULAR and "default_visibility" in (
        revision.listing.data.get("service_options") or {}
    ):
        original.visibility = revision.visibility
    StatusChange.objects.filter(service=revision).update(service=original)
    revision.delete()
    original.save()
    interfaces.write(service=original, wanted=wanted)
    remove_content(offering=old_offering, listing=old_listing)
    adopt_provider(service=original)
    return original


def discard(*, revision: Service) -> None:
    """Remove a service or revision that is not on sale, with its content."""
    offering, listing = revision.offering, revision.listing
    revision.delete()
    remove_content(offering=offering, listing=listing)


def remove_content(*, offering: Offering, listing: Listing) -> None:
    """Remove an offering and its listing, and the documents of both."""
    listing.delete()
    offering.delete()


def adopt_provider(*, service: Service) -> None:
    """Let the provider say what the file of this service says of it."""
    provider, data = service.provider, service.provider_data
    if provider.data == data:
        return
    for field in ("display_name", "homepage", "contact_email", "description"):
        setattr(provider, field, data.get(field) or "")
    provider.status = data.get("status") or provider.status
    has_other_limits = provider.data.get("rate_limits") != data.get("rate_limits")
    provider.data = data
    provider.save()
    if has_other_limits:
        _publish_others(service)
    documents.write(owner=provider, wanted=data.get("documents") or {})


def _publish_others(service: Service) -> None:
    """Let the gateways know what the provider grants, for all its other services that are on sale."""
    others = Service.objects.originals().filter(provider=service.provider, approved_at__isnull=False)
    for pk in others.exclude(pk=service.pk).order_by("pk").values_list("pk", flat=True):
        ports.publish("service", str(pk))


def may_adopt_at_once(service: Service) -> bool:
    """Return whether nobody else's page changes when the provider changes: none of its services is on sale."""
    on_sale = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED, ServiceStatus.DEPRECATED)
    return not Service.objects.filter(provider=service.provider, status__in=on_sale).exclude(pk=service.pk).exists()
