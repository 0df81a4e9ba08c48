"""Does without webhooks what they do: lists the processor's payments, refunds and disputes, and applies them.

Webhooks only make it faster. Nothing here trusts that one arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

from billing.payments.models import OPEN_STATES, Chargeback, ChargebackState, Refund, RefundState, TopUp, TopUpState
from billing.payments.processor import Payment, Processor, ProcessorError
from billing.payments.services import applying, chargebacks, refunds, top_ups
from common.errors import DomainError

logger = logging.getLogger(__name__)

#: How far back the processor's lists are read.
WINDOW = timedelta(days=7)
#: Refunds that arrived are looked at for longer: a bank may send one back a month later.
REFUND_WINDOW = timedelta(days=45)
#: A confirmation that nobody gives is called off after so long.
CONFIRMATION_WAITS = timedelta(days=3)
_CHUNK = 500

Item = TypeVar("Item")


@dataclass(slots=True)
class Reconciled:
    """How many of each the processor listed, and how many could not be applied."""

    payments: int = 0
    refunds: int = 0
    disputes: int = 0
    failures: int = 0


def reconcile(*, processor: Processor, now: datetime) -> Reconciled:
    """Bring everything of the last seven days, and what is older and may still change, to where it is at the processor.

    Raises: ProcessorError, when it does not answer.
    """
    since, found = now - WINDOW, Reconciled()
    for chunk in _chunks(processor.payments(since=since)):
        found.payments += len(chunk)
        for payment in _changed(chunk):
            found.failures += _failed(partial(applying.apply_payment, payment=payment, now=now))
    for refund in processor.refunds(since=now - REFUND_WINDOW):
        found.refunds += 1
        found.failures += _failed(partial(refunds.follow, refund=refund, processor=processor, now=now))
    for dispute in processor.disputes(since=since):
        found.disputes += 1
        found.failures += _failed(partial(chargebacks.follow, dispute=dispute, processor=processor, now=now))
    _look_at_open(processor, now)
    logger.info("payments.reconciled %s", found)
    return found


def _changed(payments: list[Payment]) -> Iterator[Payment]:
    """Yield the payments that we do not know as paid; the others have arrived where they can arrive."""
    paid = set(
        TopUp.objects.filter(
            payment_id__in=[payment.id for payment in payments], state=TopUpState.SUCCEEDED
        ).values_list("payment_id", flat=True)
    )
    return (payment for payment in payments if payment.id not in paid)


def _failed(apply: Callable[[], object]) -> bool:
    """Carry one out; one that does not fit must not keep the others from it."""
    try:
        apply()
    except DomainError:
        logger.exception("payments.not_reconciled")
        return True
    return False


def _look_at_open(processor: Processor, now: datetime) -> None:
    """Ask for what is open with us: pages that nobody used, confirmations that nobody gave, refunds under way, and
    chargebacks, which banks take months to decide."""
    for top_up in TopUp.objects.filter(state__in=OPEN_STATES).select_related("wallet__team").order_by("started_at"):
        try:
            moved = top_ups.recover(top_up=top_up, processor=processor, now=now)
            if moved.state == TopUpState.ACTION_REQUIRED and now - moved.started_at > CONFIRMATION_WAITS:
                top_ups.cancel(top_up=moved, processor=processor, now=now)
        except ProcessorError as error:
            logger.warning("top_up.not_recovered top_up_id=%s error=%s", top_up.pk, error)
    for refund in Refund.objects.filter(state=RefundState.PENDING).select_related("top_up__wallet"):
        try:
            refunds.send(refund=refund, processor=processor, now=now)
        except ProcessorError as error:
            logger.warning("refund.not_sent refund_id=%s error=%s", refund.pk, error)
    for dispute_id in Chargeback.objects.filter(state=ChargebackState.OPEN).values_list("dispute_id", flat=True):
        try:
            chargebacks.follow(dispute=processor.dispute(dispute_id), processor=processor, now=now)
        except ProcessorError as error:
            logger.warning("chargeback.not_followed dispute_id=%s error=%s", dispute_id, error)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
