"""The rows of a service, written from checked files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from domain import pricing
from domain.money import rounded
from marketplace.catalog.models import Listing, Offering, Provider, Service, ServiceKind, Visibility
from marketplace.catalog.services import blobs, documents, interfaces, search
from marketplace.catalog.services.interfaces import InterfaceContent

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceContent:
    """Three checked files in the current form, and what was worked out from them."""

    provider: Json
    offering: Json
    listing: Json
    #: The files as the seller wrote them; contents of documents are named by their keys and stand in `contents`.
    upload: dict[str, Json]
    contents: dict[str, blobs.Inline]
    name: str
    content_hash: str
    warnings: tuple[str, ...]
    channel_types: tuple[str, ...]
    customer_secrets: dict[str, Json]
    seller_secrets: tuple[str, ...]
    requires_enrollment: bool
    interfaces: tuple[InterfaceContent, ...]
    template: str = ""

    @property
    def display_name(self) -> str:
        return self.listing.get("display_name") or self.offering.get("display_name") or self.name

    @property
    def options(self) -> Json:
        return self.listing.get("service_options") or {}

    @property
    def time_created(self) -> str | None:
        return self.listing.get("time_created")


def write(*, service: Service, provider: Provider, content: ServiceContent, now: datetime) -> None:
    """Make a service, its offering and its listing what the files say, and save them all.

    service: new and without parts, or an existing row whose parts are replaced. Its status is the caller's matter.
    """
    blobs.store_inline(content.contents.values())
    is_new = service.offering_id is None
    offering = _write_offering(Offering() if is_new else service.offering, provider, content)
    listing = _write_listing(Listing() if is_new else service.listing, offering, content)
    service.provider, service.offering, service.listing = provider, offering, listing
    _fill(service, content)
    service.updated_at = now
    search.index(service)
    service.save()
    documents.write(owner=offering, wanted=content.offering.get("documents") or {})
    documents.write(owner=listing, wanted=content.listing.get("documents") or {})
    interfaces.write(service=service, wanted=content.interfaces)


def _write_offering(row: Offering, provider: Provider, content: ServiceContent) -> Offering:
    data = content.offering
    row.provider, row.data = provider, data
    row.name = data["name"]
    row.display_name = data.get("display_name") or ""
    row.service_type = data.get("service_type") or "llm"
    row.summary, row.description = (data.get("summary") or "")[:200], data.get("description") or ""
    row.capabilities, row.tags = _words(data.get("capabilities")), _words(data.get("tags"))
    row.status = data.get("status") or row.status
    row.currency = data.get("currency") or "USD"
    row.payout_price = _version(Side.PAYOUT, row.currency, data.get("payout_price"))
    row.save()
    return row


def _write_listing(row: Listing, offering: Offering, content: ServiceContent) -> Listing:
    data = content.listing
    row.offering, row.data = offering, data
    row.name = content.name
    row.display_name = data.get("display_name") or ""
    row.status = data.get("status") or row.status
    row.currency = data.get("currency") or "USD"
    row.list_price = _version(Side.LIST, row.currency, data.get("list_price"))
    row.save()
    return row


def _fill(service: Service, content: ServiceContent) -> None:
    offering, listing = service.offering, service.listing
    service.name, service.display_name, service.summary = content.name, content.display_name[:200], offering.summary
    service.content_hash, service.warnings = content.content_hash, list(content.warnings)
    service.provider_data, service.upload = content.provider, content.upload
    service.managed_by_template = content.template[:200]
    service.service_type, service.capabilities, service.tags = (
        offering.service_type,
        offering.capabilities,
        offering.tags,
    )
    service.channel_types, service.requires_enrollment = list(content.channel_types), content.requires_enrollment
    service.customer_secrets, service.seller_secrets = content.customer_secrets, list(content.seller_secrets)
    service.routing_vars = content.options.get("routing_vars") or {}
    set_price(service, listing.list_price)
    service.currency = listing.currency
    if service.kind == ServiceKind.PLATFORM_MEMBER:
        service.visibility = Visibility.PRIVATE
    elif service.kind == ServiceKind.REGULAR and (wanted := content.options.get("default_visibility")):
        service.visibility = Visibility(wanted)


def set_price(service: Service, version: PriceVersion | None) -> None:
    """Give a service a list price, and the one number that catalogues sort by."""
    service.list_price = version
    nominal = pricing.nominal(version.price) if version else None
    service.nominal_price = rounded(nominal.amount) if nominal else None


def _version(side: Side, currency: str, price: Json | None) -> PriceVersion | None:
    return None if price is None else prices.version(side=side, currency=currency, price=price)


def _words(values: list[str] | None) -> list[str]:
    """Return words once each, in their order, no longer than a column holds."""
    return list(dict.fromkeys(value.strip()[:100] for value in values or [] if value.strip()))
