"""Reads of services for those who own, review or compile them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.teams.models import Team
from common.errors import Invalid, NotFound
from marketplace.catalog.models import (
    AccessInterface,
    Document,
    Gateway,
    Service,
    ServiceStatus,
    UploadStatus,
    UploadTask,
)

#: An id may be given by its beginning, as long as this.
PREFIX_LENGTH = 8


def lock_seller(team_id: UUID) -> Team:
    """Return a seller, locked against other uploads of theirs; rows that refer to it can still be written."""
    return Team.objects.select_for_update(no_key=True).get(pk=team_id)


def lock_service(service_id: UUID) -> Service:
    """Return a service with its parts, locked. Raises: NotFound."""
    related = Service.objects.select_related("seller", "provider", "offering", "listing", "list_price")
    found = related.select_for_update(of=("self",)).filter(pk=service_id).first()
    if found is None:
        raise NotFound(what="service")
    return found


def members(platform: Service) -> QuerySet[Service]:
    """Return the services that answer for a platform service, by name."""
    return Service.objects.originals().active().filter(parent=platform).select_related("provider").order_by("name")


def lock_document(document_id: UUID) -> Document:
    """Return a document, locked. Raises: NotFound."""
    found = Document.objects.select_for_update(of=("self",)).filter(pk=document_id).first()
    if found is None:
        raise NotFound(what="document")
    return found


def seller_services(
    *,
    team: Team,
    status: str | None = None,
    visibility: str | None = None,
    service_type: str | None = None,
    channel_type: str | None = None,
    provider: str | None = None,
    name: str | None = None,
    ids: Iterable[UUID] | None = None,
    with_deprecated: bool = False,
) -> QuerySet[Service]:
    """Return a seller's services and revisions, newest first, each with `pending_revision_id` and its status.

    Deprecated ones are left out unless asked for by status or id. ids: also finds their revisions. name: the whole one;
    `*` and `%` stand for anything. Raises: Invalid.
    """
    revision = Service.objects.filter(revision_of=OuterRef("pk"))
    found = (
        Service.objects.filter(seller=team)
        .select_related("provider", "seller")
        .annotate(
            pending_revision_id=Subquery(revision.values("pk")[:1]),
            pending_revision_status=Subquery(revision.values("status")[:1]),
        )
    )
    if ids is not None:
        wanted = list(ids)
        found = found.filter(Q(pk__in=wanted) | Q(revision_of__in=wanted))
    elif status is None and not with_deprecated:
        found = found.exclude(status=ServiceStatus.DEPRECATED)
    exact = {"status": status, "visibility": visibility, "service_type": service_type}
    found = found.filter(**{field: value for field, value in exact.items() if value})
    if channel_type:
        found = found.filter(channel_types__contains=[channel_type])
    if provider:
        found = found.filter(provider__name__icontains=provider)
    if name:
        found = found.filter(name__regex=_glob(name))
    return found.order_by("-created_at", "-id")


def seller_service(*, team: Team, service_id: str) -> Service:
    """Return one service of a seller by its id or the unique beginning of it. Raises: NotFound."""
    own = seller_services(team=team, with_deprecated=True).select_related("offering", "listing", "list_price")
    found = list(_by_id(own, service_id)[:2])
    if len(found) != 1:
        raise NotFound(what="service")
    return found[0]


def status_counts(*, team: Team) -> Counter[str]:
    """Return how many services and revisions of a seller there are of each status."""
    counted = Service.objects.filter(seller=team).order_by().values_list("status").annotate(Count("pk"))
    return Counter(dict(counted))


def failed_uploads(*, team: Team) -> QuerySet[UploadTask]:
    """Return a seller's uploads that came to nothing; those of the last days are kept."""
    return UploadTask.objects.filter(seller=team, status=UploadStatus.FAILED)


def names_of_seller(*, team: Team) -> dict[UUID, str]:
    """Return what a seller's services are called, by id and in the order of their names; ended ones too."""
    found = Service.objects.originals().filter(seller=team).order_by().values_list("pk", "name", "display_name")
    names = {pk: shown or name for pk, name, shown in found}
    return dict(sorted(names.items(), key=lambda each: each[1].casefold()))


def deprecated_services(*, team: Team) -> QuerySet[Service]:
    """Return the services that a seller has ended, the last one first."""
    found = Service.objects.filter(seller=team, status=ServiceStatus.DEPRECATED).select_related("provider")
    return found.order_by("-deprecated_at", "-id")


def service_named(text: str) -> Service:
    """Return a service of any seller by name, id or the unique beginning of an id; for operators.

    A name that several sellers use, or a revision beside its original, is decided by what waits for review.
    Raises: NotFound.
    """
    named = Service.objects.filter(name=text).exclude(status=ServiceStatus.DEPRECATED)
    waiting = named.filter(status=ServiceStatus.REVIEW)
    for candidates in (waiting, named.originals(), _by_id(Service.objects.all(), text)):
        found = list(candidates.select_related("seller", "provider")[:2])
        if len(found) == 1:
            return found[0]
    raise NotFound(what="service")


def services_to_review() -> QuerySet[Service]:
    """Return what waits for an operator, the longest waiting first."""
    waiting = Service.objects.filter(status=ServiceStatus.REVIEW).select_related("seller", "provider")
    return waiting.order_by("submitted_at", "created_at")


def namesake(service: Service, name: str) -> Service | None:
    """Return another live service of the same seller that is called `name`, or None."""
    others = Service.objects.originals().filter(seller=service.seller_id, name=name).exclude(pk=service.pk)
    return others.exclude(status=ServiceStatus.DEPRECATED).first()


def pending_revision(service: Service) -> Service | None:
    """Return the revision of a service, or None."""
    return Service.objects.filter(revision_of=service).select_related("offering", "listing", "provider").first()


def paths(service: Service) -> set[str]:
    """Return every path at the API gateway that leads to a service: its name, and what its interfaces say."""
    own = AccessInterface.objects.filter(service=service, gateway=Gateway.API, is_enrollment_scoped=False)
    return {service.name, *own.exclude(path="").values_list("path", flat=True)}


def documents(service: Service) -> list[Document]:
    """Return every document of a service: its provider's, its offering's, its listing's."""
    owners = Q(provider=service.provider_id) | Q(offering=service.offering_id) | Q(listing=service.listing_id)
    return list(Document.objects.filter(owners).select_related("blob"))


def upload_entries(*, team: Team, keys: Iterable[str]) -> dict[str, UploadTask]:
    """Return a seller's uploads by the keys that their client polls; unknown keys are left out."""
    return {task.key: task for task in UploadTask.objects.filter(seller=team, key__in=list(keys)).defer("payload")}


def _glob(pattern: str) -> str:
    """Return a glob over names as a regular expression. Raises: Invalid for wildcards other than `*` and `%`."""
    if set(pattern) & set("?[]"):
        raise Invalid(["name: only '*' (or '%') stands for other characters; '?' and '[]' do not. Use '*'."])
    return "^" + ".*".join(re.escape(piece) for piece in re.split(r"[*%]+", pattern)) + "$"


def _by_id(services: QuerySet[Service], text: str) -> QuerySet[Service]:
    """Return the services whose id is `text` or begins with it: at most two are worth looking at."""
    bounds = uuid_bounds(text)
    if bounds is None:
        return services.none()
    return services.filter(pk__range=bounds)


def uuid_bounds(text: str) -> tuple[UUID, UUID] | None:
    """Return the least and the greatest id that begin with `text` (hyphens do not count)."""
    digits = text.replace("-", "").lower()
    if not PREFIX_LENGTH <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
