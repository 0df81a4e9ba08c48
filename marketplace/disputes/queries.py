"""Reads of disputes: a customer's own, and a seller's about their services."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.teams.models import Team
from billing.rating.models import Charge
from billing.statements import queries as statements
from common.errors import NotFound
from marketplace.disputes.models import UNDECIDED, Dispute, DisputeAttachment, DisputeMessage, DisputeState, Side


def side_of(team: Team) -> Side:
    """Return on which side of a dispute a team stands."""
    return Side.SELLER if team.is_seller else Side.CUSTOMER


def disputes(*, team: Team, is_unread: bool = False) -> QuerySet[Dispute]:
    """Return a team's disputes, the last change first, each with `unread`: messages that it has not seen yet.

    is_unread: those alone that have such messages.
    """
    side = side_of(team)
    own = Q(seller=team) if team.is_seller else Q(team=team)
    seen = F(f"dispute__{side}_seen_at")
    news = (
        DisputeMessage.objects.filter(Q(sent_at__gt=seen) | Q(**{f"dispute__{side}_seen_at": None}))
        .filter(dispute=OuterRef("pk"))
        .exclude(side=side)
        .order_by()
        .values("dispute")
        .annotate(number=Count("pk"))
        .values("number")
    )
    found = Dispute.objects.filter(own).annotate(unread=Coalesce(Subquery(news), 0))
    if is_unread:
        found = found.filter(unread__gt=0)
    return found.select_related("service", "wallet", "team", "seller", "charge").order_by("-changed_at", "-pk")


def waiting_for_seller(*, team: Team) -> QuerySet[Dispute]:
    """Return the disputes about a seller's services that nobody has answered yet."""
    return Dispute.objects.filter(seller=team, state=DisputeState.OPEN)


def dispute(*, team: Team, dispute_id: UUID) -> Dispute:
    """Return one dispute of a customer, or about a seller's service. Raises: NotFound."""
    found = disputes(team=team).filter(pk=dispute_id).first()
    if found is None:
        raise NotFound(what="dispute")
    return found


def by_id(dispute_id: UUID | str) -> Dispute:
    """Return a dispute for the platform's own work. Raises: NotFound."""
    found = Dispute.objects.select_related("service", "wallet", "team", "seller", "charge").filter(pk=dispute_id)
    if (first := found.first()) is None:
        raise NotFound(what="dispute")
    return first


def messages(dispute: Dispute) -> QuerySet[DisputeMessage]:
    """Return the thread, oldest first."""
    found = dispute.messages.select_related("author").prefetch_related("attachments")
    return found.order_by("sent_at", "created_at")


def attachment(*, team: Team, dispute_id: UUID, file_id: UUID) -> DisputeAttachment:
    """Return a file of one of a team's threads. Raises: NotFound."""
    own = Q(message__dispute__team=team) | Q(message__dispute__seller=team)
    found = DisputeAttachment.objects.filter(own, pk=file_id, message__dispute=dispute_id).first()
    if found is None:
        raise NotFound(what="file")
    return found


def attached_bytes(dispute: Dispute) -> int:
    """Return how large the files of a thread are together."""
    files = DisputeAttachment.objects.filter(message__dispute=dispute)
    return int(files.aggregate(total=Sum("size"))["total"] or 0)


def writers(dispute: Dispute) -> set[UUID]:
    """Return the people who wrote in the thread."""
    return set(dispute.messages.order_by().values_list("author", flat=True).distinct()) - {None}


def undecided_about(charge: Charge) -> Dispute | None:
    """Return the dispute about a charge that is still open."""
    return Dispute.objects.filter(charge=charge, state__in=UNDECIDED).first()


def creditable(charge: Charge) -> Decimal:
    """Return how much of a charge can still be credited: what the customer pays of it, less earlier credits."""
    given = Dispute.objects.filter(charge=charge).aggregate(total=Sum("credited"))["total"] or Decimal(0)
    return max(statements.paid_of(charge) - given, Decimal(0))


def disputed(*, team: Team, charges: list[UUID]) -> dict[UUID, UUID]:
    """Return {charge: its newest dispute} of a customer's charges."""
    found = Dispute.objects.filter(team=team, charge__in=charges).order_by("opened_at")
    return dict(found.values_list("charge_id", "pk"))


def lock_dispute(dispute_id: UUID) -> Dispute:
    """Return the dispute as it is now, locked until the transaction ends. Its wallet is locked before."""
    return Dispute.objects.select_for_update(of=("self",)).get(pk=dispute_id)
