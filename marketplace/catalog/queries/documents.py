"""A seller's documents, whoever of theirs they belong to."""

from __future__ import annotations

from django.db.models import Q

from accounts.teams.models import Team
from common.errors import NotFound
from marketplace.catalog.models import Document
from marketplace.catalog.queries.services import uuid_bounds


def seller_document(*, team: Team, document_id: str) -> Document:
    """Return one document of a seller by its id or the unique beginning of it. Raises: NotFound."""
    bounds = uuid_bounds(document_id)
    owners = Q(provider__seller=team) | Q(offering__provider__seller=team) | Q(listing__offering__provider__seller=team)
    found = list(Document.objects.filter(owners, pk__range=bounds).select_related("blob")[:2]) if bounds else []
    if len(found) != 1:
        raise NotFound(what="document")
    return found[0]
