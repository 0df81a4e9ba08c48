"""Brings a top-up to where its payment is at the processor. Webhooks, pages and the reconciler all come here.

Only forwards: what is older than what we know changes nothing, so order, number and delay of the news do not matter.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from billing.ledger import services as ledger
from billing.ledger.models import Account, AccountKind, TransactionKind
from billing.payments import queries
from billing.payments.models import TopUp, TopUpState
from billing.payments.processor import Payment, PaymentState, Processor, Setup
from billing.payments.services import attention, automatic
from billing.wallets import queries as wallets
from billing.wallets import services as wallet_services
from common import jobs
from common.errors import DomainError

logger = logging.getLogger(__name__)

_RANK = {state: rank for rank, state in enumerate(TopUpState.values)}


class PaymentDiffers(DomainError):
    """A payment is not what our row says; an operator looks at it."""

    code = "payment_differs"
    sentence = "The payment {payment} brought {received}, which does not fit the wallet in {expected}."


def card_clearing(currency: str) -> Account:
    """Return the account of the money that is with the processor."""
    return ledger.account(kind=AccountKind.CARD_CLEARING, currency=currency)


@transaction.atomic
def apply_payment(*, payment: Payment, now: datetime) -> TopUp | None:
    """Bring the top-up of a payment forward. None: the payment is no top-up of ours.

    Raises: PaymentDiffers.
    """
    found = queries.top_up_of(payment)
    if found is None or not _is_news(found, payment):
        return found
    top_up = _locked(found)
    if not _is_news(top_up, payment):
        return top_up
    top_up.payment_id = payment.id
    before = top_up.state
    _take_over(top_up, payment)
    if top_up.state == TopUpState.SUCCEEDED != before:
        _credit(top_up, payment, now)
    _save(top_up, now)
    if top_up.state != before:
        _draw_conclusions(top_up, now)
    return top_up


@transaction.atomic
def give_up(*, top_up: TopUp, state: TopUpState, failure: str, message: str, now: datetime) -> TopUp:
    """End a top-up of which the processor has no payment: nothing was charged."""
    top_up = _locked(top_up)
    if _RANK[top_up.state] < _RANK[state]:
        top_up.state, top_up.failure, top_up.message = state, failure, message[:500]
        _save(top_up, now)
        _draw_conclusions(top_up, now)
    return top_up


def apply_page(*, page: Setup, processor: Processor, now: datetime) -> TopUp | None:
    """Bring the top-up of a payment page forward. Raises: ProcessorError, PaymentDiffers."""
    top_up = TopUp.objects.filter(page_id=page.id).select_related("wallet").first()
    if top_up is None:
        return None
    if page.payment_id:
        top_up = apply_payment(payment=processor.payment(page.payment_id), now=now) or top_up
    if page.state == "expired" and top_up.is_open:
        return give_up(
            top_up=top_up, state=TopUpState.CANCELED, failure="expired", message="The page was not used.", now=now
        )
    return top_up


def known_payment(*, payment_id: str, processor: Processor, now: datetime) -> TopUp | None:
    """Return the paid top-up of a payment, which is fetched unless we know it. None: not ours, or not paid."""
    top_up = TopUp.objects.filter(payment_id=payment_id).select_related("wallet").first()
    if top_up is None or top_up.state != TopUpState.SUCCEEDED:
        top_up = apply_payment(payment=processor.payment(payment_id), now=now)
    return top_up if top_up is not None and top_up.state == TopUpState.SUCCEEDED else None


def _locked(top_up: TopUp) -> TopUp:
    """Return the row as it is now, locked after its wallet."""
    wallet = wallets.lock_wallet(top_up.wallet_id)
    locked = TopUp.objects.select_for_update(of=("self",), no_key=True).get(pk=top_up.pk)
    locked.wallet = wallet
    return locked


def _state(top_up: TopUp, payment: Payment) -> str:
    """Return the state that a payment gives; a decline on the processor's page is not the end: another card may do."""
    if payment.state == PaymentState.FAILED and top_up.page_id:
        return TopUpState.PENDING
    return payment.state.value


def _is_news(top_up: TopUp, payment: Payment) -> bool:
    rank, known = _RANK[_state(top_up, payment)], _RANK[top_up.state]
    says_more = rank == known and (top_up.failure, top_up.message) != (payment.failure, payment.message[:500])
    return top_up.payment_id is None or rank > known or (says_more and top_up.is_open)


def _take_over(top_up: TopUp, payment: Payment) -> None:
    state = _state(top_up, payment)
    if _RANK[state] >= _RANK[top_up.state]:
        top_up.state, top_up.failure, top_up.message = state, payment.failure, payment.message[:500]


def _credit(top_up: TopUp, payment: Payment, now: datetime) -> None:
    """Put into the wallet what was received, once for each payment."""
    wallet, received = top_up.wallet, payment.received
    if received.currency != wallet.currency or received.amount <= 0:
        raise PaymentDiffers(payment=payment.id, received=received, expected=wallet.currency)
    if received.amount != top_up.amount:
        logger.error("top_up.amount_differs top_up_id=%s payment_id=%s", top_up.pk, payment.id)
    top_up.received = received.amount
    top_up.transaction = wallet_services.deposit(
        wallet=wallet,
        amount=received,
        source=card_clearing(wallet.currency),
        kind=TransactionKind.TOP_UP,
        key=f"top_up:{payment.id}",
        note=f"{top_up.get_kind_display()}{f', {top_up.card_label}' if top_up.card_label else ''}",
        by=None,
        now=now,
    )
    wallet.refresh_from_db(fields=["settled", "overdrawn", "seq"])  # the page that shows the payment shows the sum too
    top_up.failure = top_up.message = ""
    jobs.enqueue("billing.payments.tell", what="receipt", key=str(top_up.pk))


def _save(top_up: TopUp, now: datetime) -> None:
    top_up.changed_at = now
    top_up.save(update_fields=["state", "payment_id", "failure", "message", "received", "transaction", "changed_at"])


def _draw_conclusions(top_up: TopUp, now: datetime) -> None:
    logger.info("top_up.moved top_up_id=%s state=%s failure=%s", top_up.pk, top_up.state, top_up.failure)
    if top_up.is_automatic:
        automatic.note_outcome(top_up=top_up, now=now)
    if not top_up.is_open:
        attention.review(wallet=top_up.wallet, now=now)
