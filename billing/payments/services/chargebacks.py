"""Payments that banks take back. The wallet pays at once, even below its floor; a contest that we win brings it back.

Source: docs/algorithms/top-ups.md, "Chargebacks".
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from billing.ledger.models import TransactionKind
from billing.payments.models import Chargeback, ChargebackState, Pause, TopUp
from billing.payments.processor import CardDispute, Processor
from billing.payments.services import applying, attention, automatic
from billing.wallets import queries as wallets
from billing.wallets import services as wallet_services
from billing.wallets.models import Wallet
from common import jobs

logger = logging.getLogger(__name__)


def follow(*, dispute: CardDispute, processor: Processor, now: datetime) -> Chargeback | None:
    """Apply what the processor says of a dispute, after what it says of its payment. None: not ours."""
    if applying.known_payment(payment_id=dispute.payment_id, processor=processor, now=now) is None:
        return None
    return apply_dispute(dispute=dispute, now=now)


@transaction.atomic
def apply_dispute(*, dispute: CardDispute, now: datetime) -> Chargeback | None:
    """Bring a chargeback forward. None: its payment is not ours, or the bank only asks and has taken nothing."""
    if dispute.is_inquiry:
        logger.warning("chargeback.inquiry dispute_id=%s payment_id=%s", dispute.id, dispute.payment_id)
        return None
    row = Chargeback.objects.filter(dispute_id=dispute.id).first()
    if row is not None and (row.state != ChargebackState.OPEN or dispute.state == ChargebackState.OPEN):
        return row
    top_up = TopUp.objects.filter(payment_id=dispute.payment_id).first()
    if top_up is None:
        return None
    wallet = wallets.lock_wallet(top_up.wallet_id)
    row = Chargeback.objects.filter(dispute_id=dispute.id).first() or _take(wallet, top_up, dispute, now)
    if row.state == ChargebackState.OPEN != dispute.state:
        _close(wallet, row, ChargebackState(dispute.state), now)
    attention.review(wallet=wallet, now=now)
    return row


def _take(wallet: Wallet, top_up: TopUp, dispute: CardDispute, now: datetime) -> Chargeback:
    taken = wallet_services.take_back(
        wallet=wallet,
        amount=dispute.amount,
        target=applying.card_clearing(wallet.currency),
        kind=TransactionKind.CHARGEBACK,
        key=f"chargeback:{dispute.id}",
        note="The bank took a payment back",
        by=None,
        now=now,
    )
    row = Chargeback.objects.create(
        top_up=top_up,
        dispute_id=dispute.id,
        amount=dispute.amount.amount,
        reason=dispute.reason[:200],
        transaction=taken,
        started_at=now,
    )
    logger.error("chargeback.opened top_up_id=%s dispute_id=%s", top_up.pk, dispute.id)
    automatic.pause(wallet=wallet, reason=Pause.CHARGEBACK, top_up=None, now=now)
    jobs.enqueue("billing.payments.tell", what="chargeback", key=str(row.pk))
    jobs.enqueue("billing.payments.tell", what="chargeback_operators", key=str(row.pk))
    return row


def _close(wallet: Wallet, row: Chargeback, state: ChargebackState, now: datetime) -> None:
    if state == ChargebackState.WON:
        row.reversal = wallet_services.reverse(
            wallet=wallet, original=row.transaction, note="The bank gave the payment back", by=None, now=now
        )
    row.state = state
    row.save(update_fields=["state", "reversal"])
    logger.info("chargeback.closed dispute_id=%s state=%s", row.dispute_id, state)
