"""Every write of disputes: open, write, resolve with one credit, reject, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, TransactionKind
from billing.payouts import services as payouts
from billing.rating.models import Charge
from billing.wallets import queries as wallet_queries
from billing.wallets import services as wallets
from common import jobs
from common.amounts import written_exactly
from common.errors import DomainError, Invalid
from domain.money import QUANTUM, Money
from marketplace.attachments import services as attachments
from marketplace.attachments.services import Kept
from marketplace.catalog.models import Service
from marketplace.disputes import queries
from marketplace.disputes.models import UNDECIDED, Dispute, DisputeAttachment, DisputeMessage, DisputeState, Side


class DisputeUnderWay(DomainError):
    """One dispute at a time about a charge."""

    code = "dispute_under_way"
    sentence = "This charge is disputed already. Write in its thread."


class NothingToDispute(DomainError):
    """There is no money to give back."""

    code = "nothing_to_dispute"
    sentence = "Nothing was charged for this call, or all of it was given back before."


class TooLate(DomainError):
    """Charges can be disputed for a time only."""

    code = "dispute_too_late"
    sentence = "Charges can be disputed for {days} days after the call. Write to the operators instead."


class DisputeEnded(DomainError):
    """Nothing more comes of it."""

    code = "dispute_ended"
    sentence = "The dispute is {state}. Open another one if the charge is still wrong."


class CreditTooLarge(DomainError):
    """More than was charged."""

    code = "credit_too_large"
    sentence = "At most {most} of this charge can be given back. Enter an amount above 0 and up to that."


class FilesFull(DomainError):
    """More than a thread holds."""

    code = "dispute_files_full"
    sentence = "The files of a dispute take at most {limit} MB together. Name the place of larger ones in words."


def open(
    *, team: Team, charge: Charge, text: str, by: User | None, files: Sequence[File[Any]] = (), now: datetime
) -> Dispute:
    """Contest a charge. Raises: Invalid, NothingToDispute, TooLate, DisputeUnderWay, and what attachments raise.

    Source: docs/algorithms/disputes.md.
    """
    with attachments.kept(files, team_id=team.pk) as kept:
        return _open(team, charge, text, by, kept, now)


@transaction.atomic
def _open(team: Team, charge: Charge, text: str, by: User | None, kept: Sequence[Kept], now: datetime) -> Dispute:
    wallet = wallet_queries.lock_wallet(charge.wallet_id)
    service = Service.objects.select_related("seller").filter(pk=charge.service_id).first()
    if service is None or queries.creditable(charge) <= 0:
        raise NothingToDispute()
    if now > charge.finished_at + timedelta(days=settings.DISPUTE_WINDOW_DAYS):
        raise TooLate(days=settings.DISPUTE_WINDOW_DAYS)
    if queries.undecided_about(charge) is not None:
        raise DisputeUnderWay()
    dispute = Dispute.objects.create(
        team=team,
        seller=service.seller,
        service=service,
        wallet=wallet,
        charge=charge,
        opened_by=by,
        opened_at=now,
        changed_at=now,
        customer_seen_at=now,
    )
    _write(dispute, Side.CUSTOMER, text, by, now, kept)
    return dispute


def write(
    *, dispute: Dispute, side: Side, text: str, by: User, files: Sequence[File[Any]] = (), now: datetime
) -> Dispute:
    """Add a message. The first one of the seller or the operators answers the dispute.

    Raises: DisputeEnded, Invalid, FilesFull, and what attachments raise.
    """
    teams = {Side.CUSTOMER: dispute.team_id, Side.SELLER: dispute.seller_id}
    with attachments.kept(files, team_id=teams.get(side)) as kept:
        return _written_in(dispute, side, text, by, kept, now)


@transaction.atomic
def _written_in(dispute: Dispute, side: Side, text: str, by: User, kept: Sequence[Kept], now: datetime) -> Dispute:
    dispute = _undecided(dispute)
    if side != Side.CUSTOMER:
        dispute.state = DisputeState.ANSWERED
    dispute.changed_at = now
    dispute.save(update_fields=["state", "changed_at"])
    _write(dispute, side, text, by, now, kept)
    return dispute


@transaction.atomic
def resolve(*, dispute: Dispute, amount: Decimal, side: Side, text: str, by: User, now: datetime) -> Dispute:
    """Give back all or a part of the charge: one credit to the wallet, and the seller's share of it reversed.

    side: of the operators or of the seller, who may refund on their own.
    Raises: DisputeEnded, CreditTooLarge.
    """
    dispute = _undecided(dispute)
    most = queries.creditable(dispute.charge)
    if not 0 < amount <= most or amount != amount.quantize(QUANTUM):
        raise CreditTooLarge(most=_written(most, dispute))
    credited = Money(amount, dispute.wallet.currency)
    dispute.transaction = wallets.deposit(
        wallet=dispute.wallet,
        amount=credited,
        source=ledger.account(kind=AccountKind.REVENUE, currency=credited.currency),
        kind=TransactionKind.DISPUTE_CREDIT,
        key=f"dispute:{dispute.pk}",
        note=f"Dispute about {dispute.service}"[:500],
        by=by,
        now=now,
    )
    payouts.reverse_share(
        seller=dispute.seller,
        service_id=dispute.service_id,
        period=dispute.charge.period,
        credited=credited,
        cause=f"dispute:{dispute.pk}",
        note=f"{_written(amount, dispute)} of a charge for {dispute.service} given back"[:500],
        now=now,
    )
    dispute.credited = amount
    extent = "in full" if amount == dispute.charge.charged else "in part"
    said = f"Resolved {extent}: {_written(amount, dispute)} went back to the wallet."
    return _end(dispute, DisputeState.RESOLVED, side, f"{said}\n\n{text.strip()}", by, now)


@transaction.atomic
def reject(*, dispute: Dispute, text: str, by: User, now: datetime) -> Dispute:
    """Decline a dispute with a reason. Raises: DisputeEnded, Invalid."""
    if not text.strip():
        raise Invalid(["Say why the charge stands."])
    return _end(_undecided(dispute), DisputeState.REJECTED, Side.OPERATOR, f"Rejected: {text.strip()}", by, now)


@transaction.atomic
def withdraw(*, dispute: Dispute, by: User, now: datetime) -> Dispute:
    """Take a dispute back. Raises: DisputeEnded."""
    return _end(_undecided(dispute), DisputeState.WITHDRAWN, Side.CUSTOMER, "The dispute is withdrawn.", by, now)


@transaction.atomic
def mark_seen(*, dispute: Dispute, side: Side, now: datetime) -> None:
    """Remember that a side has read the thread up to now."""
    Dispute.objects.filter(pk=dispute.pk).update(**{f"{side}_seen_at": now})


def _undecided(dispute: Dispute) -> Dispute:
    """Return the dispute locked, after its wallet. Raises: DisputeEnded."""
    wallet_queries.lock_wallet(dispute.wallet_id)
    locked = queries.lock_dispute(dispute.pk)
    if locked.state not in UNDECIDED:
        raise DisputeEnded(state=locked.get_state_display().lower())
    return locked


def _end(dispute: Dispute, state: DisputeState, side: Side, text: str, by: User, now: datetime) -> Dispute:
    dispute.state, dispute.ended_at, dispute.ended_by, dispute.changed_at = state, now, by, now
    dispute.save(update_fields=["state", "ended_at", "ended_by", "changed_at", "credited", "transaction"])
    _write(dispute, side, text, by, now)
    return dispute


def _write(
    dispute: Dispute, side: Side, text: str, by: User | None, now: datetime, kept: Sequence[Kept] = ()
) -> DisputeMessage:
    if not text.strip():
        raise Invalid(["Say in a few words what it is about."])
    message = DisputeMessage.objects.create(dispute=dispute, side=side, author=by, text=text.strip(), sent_at=now)
    limit = settings.ATTACHMENTS_PER_DAY_BYTES
    if kept and queries.attached_bytes(dispute) + sum(each.size for each in kept) > limit:
        raise FilesFull(limit=limit // (1024 * 1024))
    DisputeAttachment.objects.bulk_create(DisputeAttachment(message=message, **asdict(each)) for each in kept)
    jobs.enqueue("marketplace.disputes.tell", message_id=str(message.pk))
    return message


def _written(amount: Decimal, dispute: Dispute) -> str:
    return f"{written_exactly(amount, dispute.wallet.currency)} {dispute.wallet.currency}"
