"""Background work of payments. Every task may run twice; sweeps find again what the broker lost."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from billing.payments import gateways, mails, queries
from billing.payments.models import Refund, TopUp
from billing.payments.processor import ProcessorError
from billing.payments.services import agreement, attending, notices, reconciling, refunds, top_ups
from billing.wallets import services as wallets

logger = logging.getLogger(__name__)


@shared_task(name="billing.payments.attend")
def attend(*, wallet_id: str, **_: object) -> None:
    """Look after one wallet: warnings, and its automatic top-up."""
    attending.attend(wallet_id=wallet_id, processor=gateways.processor(), now=timezone.now())


@shared_task(name="billing.payments.sweep")
def sweep(**_: object) -> None:
    """Send for everything that waits to be looked at."""
    attending.sweep(now=timezone.now())


@shared_task(name="billing.payments.recover_top_up", throws=(ProcessorError,))
def recover_top_up(*, top_up_id: str, **_: object) -> None:
    """Find out about a top-up that the processor gave no answer on."""
    top_up = TopUp.objects.select_related("wallet__team").get(pk=top_up_id)
    top_ups.recover(top_up=top_up, processor=gateways.processor(), now=timezone.now())


@shared_task(name="billing.payments.send_refund", throws=(ProcessorError,))
def send_refund(*, refund_id: str, **_: object) -> None:
    """Have one refund paid out."""
    refund = Refund.objects.select_related("top_up__wallet").get(pk=refund_id)
    refunds.send(refund=refund, processor=gateways.processor(), now=timezone.now())


@shared_task(name="billing.payments.handle_notice")
def handle_notice(*, notice_id: str, **_: object) -> None:
    """Look at what a webhook is about."""
    notices.handle(notice=queries.notice(notice_id), processor=gateways.processor(), now=timezone.now())


@shared_task(name="billing.payments.reconcile", throws=(ProcessorError,))
def reconcile(**_: object) -> None:
    """Do what webhooks do, without them."""
    processor = gateways.processor()
    if processor.is_set_up:
        reconciling.reconcile(processor=processor, now=timezone.now())


@shared_task(name="billing.payments.check_agreement", throws=(ProcessorError,))
def check_agreement(**_: object) -> None:
    """Hold our account of the money with the processor against the processor's own books of the last week."""
    processor, now = gateways.processor(), timezone.now()
    if processor.is_set_up:
        for found in agreement.disagreements(processor=processor, since=now - timedelta(days=7), now=now):
            logger.error("payments.books_disagree %s", found)


@shared_task(name="billing.payments.note_balances")
def note_balances(**_: object) -> None:
    """Write down what is in every wallet today, so that pages can say what a day costs."""
    wallets.note_daily_balances(now=timezone.now())


@shared_task(name="billing.payments.tell", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell(*, what: str, key: str, **_: object) -> None:
    """Write one mail about one thing."""
    mails.MAILS[what](key)
