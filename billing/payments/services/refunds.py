"""Money back to the cards it came from. The wallet pays first; what does not arrive is put back.

Source: docs/algorithms/top-ups.md, "Refunds".
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction

from accounts.users.models import User
from billing.ledger.models import TransactionKind
from billing.payments import processor as port
from billing.payments import queries
from billing.payments.models import Refund, RefundState, TopUp
from billing.payments.models.reversals import REFUND_UNDONE
from billing.payments.processor import Processor, RequestRefused
from billing.payments.services import applying, attention, limits
from billing.payments.services.top_ups import FormUsedBefore
from billing.wallets import queries as wallets
from billing.wallets import services as wallet_services
from billing.wallets.models import Wallet
from common import jobs
from common.amounts import written
from common.errors import DomainError
from domain.money import Money

logger = logging.getLogger(__name__)

_RANK = {state: rank for rank, state in enumerate(RefundState.values)}


class NotRefundable(DomainError):
    """More than what was paid by card and is not spent."""

    code = "not_refundable"
    sentence = "At most {most} {currency} can go back to your cards: what you paid by card and have not spent."


@transaction.atomic
def request(*, wallet: Wallet, amount: Money, request_key: UUID, by: User | None, now: datetime) -> list[Refund]:
    """Take `amount` out of the wallet and send it back to the cards, the newest payment first.

    The same form sent again returns the first refunds. Raises: NotRefundable, FormUsedBefore.
    """
    wallet = wallets.lock_wallet(wallet.pk)
    earlier = list(Refund.objects.filter(request_key=request_key, top_up__wallet=wallet).select_related("top_up"))
    if earlier:
        if sum(each.amount for each in earlier) != amount.amount:
            raise FormUsedBefore(amount=Money(sum((each.amount for each in earlier), Decimal(0)), wallet.currency))
        return earlier
    found = queries.refundable(wallet)
    coin = limits.coin(wallet.currency)
    most = found.total - found.total % coin
    if not 0 < amount.amount <= most or amount.amount % coin:
        raise NotRefundable(most=written(most, wallet.currency), currency=wallet.currency)
    made = [_begin(wallet, top_up, part, request_key, by, now) for top_up, part in _split(amount.amount, found.parts)]
    attention.review(wallet=wallet, now=now)
    return made


def _split(amount: Decimal, parts: tuple[tuple[TopUp, Decimal], ...]) -> Iterator[tuple[TopUp, Decimal]]:
    """Yield how much of `amount` goes back to each payment, newest first."""
    for top_up, left in parts:
        part = min(amount, left)
        if part > 0:
            yield top_up, part
        amount -= part


def _begin(wallet: Wallet, top_up: TopUp, amount: Decimal, request_key: UUID, by: User | None, now: datetime) -> Refund:
    pk = uuid4()
    taken = wallet_services.withdraw(
        wallet=wallet,
        amount=Money(amount, wallet.currency),
        target=applying.card_clearing(wallet.currency),
        kind=TransactionKind.REFUND,
        key=f"refund:{pk}",
        note=f"Refund{f' to {top_up.card_label}' if top_up.card_label else ''}",
        by=by,
        now=now,
    )
    jobs.enqueue("billing.payments.send_refund", refund_id=str(pk))
    return Refund.objects.create(
        pk=pk, top_up=top_up, amount=amount, request_key=request_key, by=by, transaction=taken, started_at=now
    )


def send(*, refund: Refund, processor: Processor, now: datetime) -> Refund:
    """Ask the processor to pay back, or to say what became of it. Call it outside of a transaction.

    Raises: ProcessorError; ask again then, with the same result.
    """
    if refund.refund_id:
        return apply_refund(refund=processor.refund_by_id(refund.refund_id), now=now) or refund
    if refund.state != RefundState.PENDING:
        return refund
    for made in processor.refunds(since=refund.started_at - timedelta(hours=1)):
        if made.reference == str(refund.pk):
            return apply_refund(refund=made, now=now) or refund
    try:
        made = processor.refund(
            key=f"refund:{refund.pk}",
            payment_id=refund.top_up.payment_id or "",
            amount=Money(refund.amount, refund.top_up.wallet.currency),
            reference=str(refund.pk),
        )
    except RequestRefused as error:
        logger.warning("refund.refused refund_id=%s error=%s", refund.pk, error)
        return _undo(refund, RefundState.FAILED, str(error), now)
    return apply_refund(refund=made, now=now) or refund


def follow(*, refund: port.Refund, processor: Processor, now: datetime) -> Refund | None:
    """Apply what the processor says of a refund, after what it says of its payment. None: not ours."""
    if applying.known_payment(payment_id=refund.payment_id, processor=processor, now=now) is None:
        return None
    return apply_refund(refund=refund, now=now)


@transaction.atomic
def apply_refund(*, refund: port.Refund, now: datetime) -> Refund | None:
    """Bring a refund forward; one that was made in the processor's own pages is booked now. None: not ours."""
    found = _find(refund)
    top_up = found.top_up if found else TopUp.objects.filter(payment_id=refund.payment_id).first()
    if top_up is None:
        return None
    if found is not None and found.refund_id and _RANK[refund.state] <= _RANK[found.state]:
        return found
    wallet = wallets.lock_wallet(top_up.wallet_id)
    row = _find(refund) or _book_external(wallet, top_up, refund, now)
    if row.refund_id is None:
        row.refund_id = refund.id
        row.save(update_fields=["refund_id"])
    if _RANK[refund.state] <= _RANK[row.state]:
        return row
    if refund.state in REFUND_UNDONE:
        return _undo(row, RefundState(refund.state), "", now)
    row.state = RefundState(refund.state)
    row.save(update_fields=["state"])
    jobs.enqueue("billing.payments.tell", what="refund_sent", key=str(row.pk))
    return row


def _find(refund: port.Refund) -> Refund | None:
    rows = Refund.objects.select_related("top_up__wallet")
    known = rows.filter(refund_id=refund.id).first()
    if known is not None:
        return known
    try:
        reference = UUID(refund.reference)
    except ValueError:
        return None
    return rows.filter(pk=reference, refund_id__isnull=True, top_up__payment_id=refund.payment_id).first()


def _book_external(wallet: Wallet, top_up: TopUp, refund: port.Refund, now: datetime) -> Refund:
    """Take what has left us already out of the wallet, even if it was spent; what came back is put back afterwards."""
    taken = wallet_services.take_back(
        wallet=wallet,
        amount=refund.amount,
        target=applying.card_clearing(wallet.currency),
        kind=TransactionKind.REFUND,
        key=f"refund:{refund.id}",
        note="Refund by the operators",
        by=None,
        now=now,
    )
    row = Refund.objects.create(
        top_up=top_up,
        amount=refund.amount.amount,
        refund_id=refund.id,
        is_external=True,
        transaction=taken,
        started_at=now,
    )
    attention.review(wallet=wallet, now=now)
    return row


@transaction.atomic
def _undo(refund: Refund, state: RefundState, message: str, now: datetime) -> Refund:
    """Put the money back into the wallet, once."""
    wallet = wallets.lock_wallet(refund.top_up.wallet_id)
    row = Refund.objects.select_related("top_up", "transaction").get(pk=refund.pk)
    if row.state in REFUND_UNDONE:
        return row
    row.reversal = wallet_services.reverse(
        wallet=wallet, original=row.transaction, note="The refund did not arrive", by=None, now=now
    )
    row.state, row.message = state, message[:500]
    row.save(update_fields=["state", "message", "reversal"])
    jobs.enqueue("billing.payments.tell", what="refund_failed", key=str(row.pk))
    attention.review(wallet=wallet, now=now)
    return row
