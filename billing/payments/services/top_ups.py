"""Payments that somebody starts on the wallet's page, and how the processor is asked for any payment.

The row is committed before the processor is asked, and is the idempotency key: whoever asks again asks for the same
payment. So call `go_on` and `ask` outside of a transaction.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.users.models import User
from billing.payments.models import TopUp, TopUpKind, TopUpState
from billing.payments.processor import Processor, ProcessorError, RequestRefused
from billing.payments.services import applying, customers, limits
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common import jobs
from common.errors import DomainError
from domain.money import Money

logger = logging.getLogger(__name__)

#: A question without an answer is asked again after this, and given up when the processor knows nothing of it later.
ASK_AGAIN = timedelta(minutes=2)
GIVE_UP = timedelta(minutes=10)


class FormUsedBefore(DomainError):
    """A form came back with another amount."""

    code = "form_used_before"
    sentence = "This form was sent before, for {amount}. Look at that payment first, then open a new form."


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for. card_id: a saved card; empty: a card that is typed in on the processor's page."""

    amount: Money
    request_key: UUID
    card_id: str = ""
    card_label: str = ""


@transaction.atomic
def begin(*, wallet: Wallet, order: Order, by: User | None, now: datetime) -> TopUp:
    """Write down a top-up. The same form sent again returns the first one.

    Raises: TopUpAmountInvalid, FormUsedBefore.
    """
    limits.check(order.amount)
    wallet = wallets.lock_wallet(wallet.pk)
    earlier = TopUp.objects.filter(wallet=wallet, request_key=order.request_key).first()
    if earlier is not None:
        if (earlier.amount, earlier.card_id) != (order.amount.amount, order.card_id):
            raise FormUsedBefore(amount=Money(earlier.amount, wallet.currency))
        return earlier
    return TopUp.objects.create(
        wallet=wallet,
        kind=TopUpKind.MANUAL,
        amount=order.amount.amount,
        request_key=order.request_key,
        by=by,
        card_id=order.card_id,
        card_label=order.card_label,
        started_at=now,
        changed_at=now,
    )


def go_on(*, top_up: TopUp, processor: Processor, return_url: str, now: datetime) -> str:
    """Return where the payer's browser goes next: the processor's page, or `return_url`, which shows the true state.

    Raises: ProcessorError, when the processor's page cannot be opened.
    """
    if top_up.state != TopUpState.PENDING:
        return return_url
    if not top_up.card_id:
        return _payment_page(top_up, processor, return_url)
    if not top_up.payment_id:
        look_after(ask(top_up=top_up, processor=processor, now=now))
    return return_url


def ask(*, top_up: TopUp, processor: Processor, now: datetime) -> TopUp:
    """Have the processor charge the saved card. Without an answer the top-up stays as it is."""
    try:
        payment = processor.charge(
            key=f"top_up:{top_up.pk}",
            customer_id=customers.ensure(team=top_up.wallet.team, processor=processor),
            card_id=top_up.card_id,
            amount=Money(top_up.amount, top_up.wallet.currency),
            reference=str(top_up.pk),
            off_session=top_up.is_automatic,
        )
    except RequestRefused as error:
        logger.warning("top_up.refused top_up_id=%s error=%s", top_up.pk, error)
        return applying.give_up(
            top_up=top_up,
            state=TopUpState.FAILED,
            failure="refused",
            message="The processor does not accept this card any more. Choose another one.",
            now=now,
        )
    except ProcessorError as error:
        logger.warning("top_up.unanswered top_up_id=%s error=%s", top_up.pk, error)
        return top_up
    return applying.apply_payment(payment=payment, now=now) or top_up


def look_after(top_up: TopUp) -> None:
    """Have the question asked once more when it was not answered; after that, the sweep does so each minute."""
    if top_up.state == TopUpState.PENDING and not top_up.payment_id:
        jobs.enqueue("billing.payments.recover_top_up", top_up_id=str(top_up.pk))


def confirmation(*, top_up: TopUp, processor: Processor, return_url: str) -> str:
    """Return where the card's owner confirms a payment that waits for them. Raises: ProcessorError."""
    if top_up.state != TopUpState.ACTION_REQUIRED or not top_up.payment_id:
        return return_url
    return processor.authentication_page(payment_id=top_up.payment_id, return_url=return_url)


def refresh(*, top_up: TopUp, processor: Processor, now: datetime) -> TopUp:
    """Bring an open top-up to where it is at the processor; without an answer it stays as we know it."""
    if not top_up.is_open:
        return top_up
    try:
        if top_up.page_id:
            page = processor.hosted_page(top_up.page_id)
            return applying.apply_page(page=page, processor=processor, now=now) or top_up
        if top_up.payment_id:
            return applying.apply_payment(payment=processor.payment(top_up.payment_id), now=now) or top_up
    except ProcessorError as error:
        logger.warning("top_up.not_refreshed top_up_id=%s error=%s", top_up.pk, error)
    return top_up


def cancel(*, top_up: TopUp, processor: Processor, now: datetime) -> TopUp:
    """Call an open payment off, unless it was made already. Raises: ProcessorError."""
    if top_up.page_id and top_up.is_open:
        processor.expire_page(top_up.page_id)
        top_up = applying.apply_page(page=processor.hosted_page(top_up.page_id), processor=processor, now=now) or top_up
    if top_up.payment_id and top_up.is_open:
        payment = processor.cancel_payment(top_up.payment_id)
        top_up = applying.apply_payment(payment=payment, now=now) or top_up
    return top_up


def recover(*, top_up: TopUp, processor: Processor, now: datetime) -> TopUp:
    """Find out about a top-up whose question to the processor was never answered. Raises: ProcessorError.

    A saved card is asked for again for ten minutes, under the same key; then the processor's own list decides, and what
    is not in it was never charged.
    """
    if not top_up.is_open or top_up.payment_id or top_up.page_id:
        return refresh(top_up=top_up, processor=processor, now=now)
    if now - top_up.started_at < GIVE_UP:
        return ask(top_up=top_up, processor=processor, now=now) if top_up.card_id else top_up
    for payment in processor.payments(since=top_up.started_at - timedelta(hours=1)):
        if payment.reference == str(top_up.pk):
            return applying.apply_payment(payment=payment, now=now) or top_up
    return applying.give_up(
        top_up=top_up,
        state=TopUpState.CANCELED,
        failure="unanswered",
        message="The card processor could not be reached. Nothing was charged.",
        now=now,
    )


def _payment_page(top_up: TopUp, processor: Processor, return_url: str) -> str:
    """Return the address of the processor's page, opened now or by an earlier copy of the form."""
    if top_up.page_url:
        return top_up.page_url
    page = processor.open_payment_page(
        key=f"page:{top_up.pk}",
        customer_id=customers.ensure(team=top_up.wallet.team, processor=processor),
        amount=Money(top_up.amount, top_up.wallet.currency),
        reference=str(top_up.pk),
        success_url=return_url,
        cancel_url=return_url,
    )
    TopUp.objects.filter(pk=top_up.pk, page_id__isnull=True).update(page_id=page.id, page_url=page.url)
    return page.url
