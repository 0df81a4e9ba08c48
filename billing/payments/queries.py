"""Reads of payments, always from the team or its wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.teams.models import Team
from billing.payments.models import (
    OPEN_STATES,
    AutoTopUp,
    Chargeback,
    ChargebackState,
    Customer,
    ProcessorNotice,
    Refund,
    RefundState,
    TopUp,
    TopUpKind,
    TopUpState,
    Watch,
)
from billing.payments.processor import Payment
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet, WalletEntry
from common.errors import NotFound

_ZERO = Decimal(0)
_AMOUNT: DecimalField[Decimal, Decimal] = DecimalField(max_digits=30, decimal_places=12)


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may go back to cards. parts: (top-up, how much of it), newest first, together at least `total`."""

    total: Decimal
    parts: tuple[tuple[TopUp, Decimal], ...]


def customer_id(*, team: Team, is_live: bool) -> str | None:
    """Return what the processor calls a team; None before it was told of it."""
    return Customer.objects.filter(team=team, is_live=is_live).values_list("processor_id", flat=True).first()


def top_ups(*, team: Team, currency: str) -> QuerySet[TopUp]:
    """Return the top-ups of a wallet, newest first."""
    return TopUp.objects.filter(wallet__team=team, wallet__currency=currency).select_related("wallet")


def under_way(wallet: Wallet) -> QuerySet[TopUp]:
    """Return the payments into a wallet that may still succeed, newest first."""
    return TopUp.objects.filter(wallet=wallet, state__in=OPEN_STATES)


def top_up(*, team: Team, top_up_id: UUID | str) -> TopUp:
    """Return a top-up of the team. Raises: NotFound."""
    found = TopUp.objects.filter(pk=top_up_id, wallet__team=team).select_related("wallet__team", "by").first()
    if found is None:
        raise NotFound(what="top-up")
    return found


def top_up_of(payment: Payment) -> TopUp | None:
    """Return the top-up that a payment belongs to: by its id, else by our id when that row has no payment yet.

    The wallet always comes from our row. A payment that says it is a top-up and differs from it is not.
    """
    found = TopUp.objects.filter(payment_id=payment.id).select_related("wallet").first()
    if found is not None:
        return found
    named = _by_id(payment.reference)
    if named is None or named.payment_id or payment.amount.currency != named.wallet.currency:
        return None
    same = payment.amount.amount == named.amount and payment.customer_id in _customer_ids(named.wallet)
    return named if same else None


def _by_id(reference: str) -> TopUp | None:
    try:
        return TopUp.objects.filter(pk=UUID(reference)).select_related("wallet").first()
    except ValueError:
        return None


def _customer_ids(wallet: Wallet) -> set[str]:
    return set(Customer.objects.filter(team_id=wallet.team_id).values_list("processor_id", flat=True))


def open_automatic(wallet: Wallet) -> TopUp | None:
    """Return the automatic top-up that is under way; there is at most one."""
    return TopUp.objects.filter(wallet=wallet, kind=TopUpKind.AUTOMATIC, state__in=OPEN_STATES).first()


def auto_top_up(wallet: Wallet) -> AutoTopUp | None:
    """Return the wallet's standing order, if its owner ever made one."""
    return AutoTopUp.objects.filter(wallet=wallet).select_related("paused_by").first()


def watch(wallet: Wallet) -> Watch | None:
    """Return what the owners of a wallet were told."""
    return Watch.objects.filter(wallet=wallet).first()


def month_of(wallet: Wallet, now: datetime) -> date:
    """Return the first day of the month, where the wallet is."""
    return now.astimezone(ZoneInfo(wallet.time_zone)).date().replace(day=1)


def start_of_month(wallet: Wallet, month: date) -> datetime:
    """Return the instant at which a month begins, where the wallet is."""
    return datetime(month.year, month.month, 1, tzinfo=ZoneInfo(wallet.time_zone))


def charged_automatically(wallet: Wallet, *, now: datetime) -> Decimal:
    """Return what was charged, or is being charged, by automatic top-ups of this month."""
    since = start_of_month(wallet, month_of(wallet, now))
    counted = TopUp.objects.filter(
        wallet=wallet,
        kind=TopUpKind.AUTOMATIC,
        started_at__gte=since,
        state__in=[*OPEN_STATES, TopUpState.SUCCEEDED],
    )
    return counted.aggregate(total=Sum("amount"))["total"] or _ZERO


def refundable(wallet: Wallet) -> Refundable:
    """Return what of a wallet may go back to the cards that paid it: the unspent part of what was paid by card.

    Source: docs/algorithms/top-ups.md, "Refunds".
    """
    parts = tuple((each, left) for each in _paid(wallet) if (left := _left_of(each)) > 0)
    by_card = sum((left for _, left in parts), _ZERO)
    return Refundable(min(by_card, wallets.unspent_paid(wallet)), parts)


def _paid(wallet: Wallet) -> QuerySet[TopUp]:
    """Return the paid top-ups, newest first, each with what was refunded and taken back of it."""
    refunds = Refund.objects.filter(top_up=OuterRef("pk"), state__in=[RefundState.PENDING, RefundState.SUCCEEDED])
    taken = Chargeback.objects.filter(top_up=OuterRef("pk")).exclude(state=ChargebackState.WON)
    return (
        TopUp.objects.filter(wallet=wallet, state=TopUpState.SUCCEEDED)
        .annotate(
            refunded=Coalesce(Subquery(_sum(refunds), output_field=_AMOUNT), _ZERO, output_field=_AMOUNT),
            charged_back=Coalesce(Subquery(_sum(taken), output_field=_AMOUNT), _ZERO, output_field=_AMOUNT),
        )
        .order_by("-started_at", "-pk")
    )


def _sum(rows: QuerySet[Refund] | QuerySet[Chargeback]) -> QuerySet[Refund] | QuerySet[Chargeback]:
    return rows.order_by().values("top_up").annotate(total=Sum("amount")).values("total")  # type: ignore[return-value]


def _left_of(paid: TopUp) -> Decimal:
    left: Decimal = (paid.received or _ZERO) - paid.refunded - paid.charged_back  # type: ignore[attr-defined]
    return left


def reversals(paid: TopUp) -> tuple[list[Refund], list[Chargeback]]:
    """Return what went back of a top-up."""
    return list(Refund.objects.filter(top_up=paid)), list(Chargeback.objects.filter(top_up=paid))


def last_money_in(wallet: Wallet, kinds: list[str]) -> WalletEntry | None:
    """Return the last movement of these kinds that brought money."""
    found = WalletEntry.objects.filter(wallet=wallet, delta__gt=0, transaction__kind__in=kinds)
    return found.order_by("-seq").first()


def notice(notice_id: str) -> ProcessorNotice:
    """Return a stored notice. Raises: NotFound."""
    found = ProcessorNotice.objects.filter(pk=notice_id).first()
    if found is None:
        raise NotFound(what="notice")
    return found
