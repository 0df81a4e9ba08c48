"""What the page of a service shows, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Q, When

from accounts.teams.models import Team
from common.errors import NotFound
from domain import pricing
from domain.pricing import Explanation, InvalidPrice
from marketplace.catalog.models import (
    AccessInterface,
    Document,
    DocumentCategory,
    Service,
    ServiceStatus,
    Visibility,
)
from marketplace.catalog.queries.addresses import base_url

#: Shown to its seller and to operators alone, whatever the file says.
_NEVER_PUBLIC = (DocumentCategory.CONNECTIVITY_TEST,)
#: Its page can be read: it is on sale, or was.
_READABLE = (ServiceStatus.ACTIVE, ServiceStatus.DEPRECATED)


@dataclass(frozen=True, slots=True)
class ShownInterface:
    """An interface with its full address. What an enrollment gives stays a template in it."""

    interface: AccessInterface
    address: str


@dataclass(frozen=True, slots=True)
class ServicePage:
    """A service with all that its page shows. documents: {category: documents}, in the order of the categories."""

    service: Service
    interfaces: list[ShownInterface]
    documents: dict[DocumentCategory, list[Document]]
    price: Explanation | None
    is_own: bool


def market_service(id_or_name: str | UUID, *, team: Team | None = None) -> ServicePage:
    """Return the page of a service that is on sale, or whose sale has ended. Raises: NotFound.

    team: who asks. A seller also finds their own service whatever its status and visibility, with every document.
    """
    own = Q(seller=team) if team is not None else Q(pk__in=[])
    on_sale = Q(status__in=_READABLE) & ~Q(visibility=Visibility.PRIVATE)
    found = (
        Service.objects.originals()
        .filter(on_sale | own)
        .filter(_named(id_or_name))
        .select_related("seller", "provider", "offering", "listing", "list_price")
        .order_by(Case(When(status=ServiceStatus.ACTIVE, then=0), default=1), "-created_at")
        .first()
    )
    if found is None:
        raise NotFound(what="service")
    is_own = team is not None and found.seller_id == team.pk
    interfaces = [ShownInterface(each, base_url(each)) for each in found.interfaces.filter(is_active=True)]
    return ServicePage(found, interfaces, _documents(found, everything=is_own), price_explained(found), is_own)


def document(document_id: UUID, *, team: Team | None = None) -> Document:
    """Return one document that may be shown to `team` (None: anybody). Raises: NotFound."""
    found = Document.objects.select_related("blob").filter(pk=document_id, is_active=True).first()
    if found is None:
        raise NotFound(what="document")
    owners = {"provider": found.provider_id, "offering": found.offering_id, "listing": found.listing_id}
    services = Service.objects.filter(**{name: pk for name, pk in owners.items() if pk is not None})
    on_sale = services.originals().filter(status__in=_READABLE).exclude(visibility=Visibility.PRIVATE)
    is_public = found.is_public and found.category not in _NEVER_PUBLIC
    is_own = team is not None and services.filter(seller=team).exists()
    if is_own or (is_public and on_sale.exists()):
        return found
    raise NotFound(what="document")


def price_explained(service: Service) -> Explanation | None:
    """Return the list price in words, as a table, and for an ordinary call; None when there is none."""
    if service.list_price is None:
        return None
    try:
        return pricing.explain(service.list_price.price, service.list_price.currency)
    except InvalidPrice:
        return None


def price_in_words(service: Service) -> str:
    """Return the list price as one sentence."""
    explained = price_explained(service)
    return explained.sentence if explained else "No list price yet."


def _documents(service: Service, *, everything: bool) -> dict[DocumentCategory, list[Document]]:
    owners = Q(provider=service.provider_id) | Q(offering=service.offering_id) | Q(listing=service.listing_id)
    found = Document.objects.filter(owners, is_active=True).select_related("blob")
    if not everything:
        found = found.filter(is_public=True).exclude(category__in=_NEVER_PUBLIC)
    by_category: dict[DocumentCategory, list[Document]] = {category: [] for category in DocumentCategory}
    for each in found:
        by_category[DocumentCategory(each.category)].append(each)
    return {category: documents for category, documents in by_category.items() if documents}


def _named(id_or_name: str | UUID) -> Q:
    try:
        return Q(pk=id_or_name if isinstance(id_or_name, UUID) else UUID(id_or_name))
    except ValueError:
        return Q(name=str(id_or_name))
