"""Looks after a wallet: warnings, then one automatic top-up if it needs one. From settlement, sweeps and pages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from billing.payments.models import AutoTopUp, NoticeState, ProcessorNotice, Refund, RefundState, TopUp, TopUpState
from billing.payments.processor import Processor
from billing.payments.services import attention, automatic, top_ups
from billing.wallets import queries as wallets
from common import jobs

#: Wallets that somebody should look at: money moved since the last look, or `available` is low, or a wait is over.
_DUE = """
    SELECT w.id::text FROM wallets_wallet w
      LEFT JOIN payments_watch p ON p.wallet_id = w.id
     WHERE w.seq > coalesce(p.seen_seq, 0) OR w.settled - w.usage < w.attention_below
     UNION
    SELECT a.wallet_id::text FROM payments_autotopup a
     WHERE a.is_enabled AND a.paused_reason = '' AND a.next_try_at <= %s
     LIMIT %s
"""


def attend(*, wallet_id: UUID | str, processor: Processor, now: datetime) -> TopUp | None:
    """Warn, and charge the card if the standing order says so. However many do this at once, one top-up is made.

    Without a processor owners are only warned. Call it outside of a transaction.
    """
    with transaction.atomic():
        wallet = wallets.lock_wallet(UUID(str(wallet_id)))
        AutoTopUp.objects.filter(wallet=wallet, next_try_at__lte=now).update(next_try_at=None)  # the wait is over
        top_up = automatic.open_if_due(wallet=wallet, now=now) if processor.is_set_up else None
        attention.review(wallet=wallet, now=now)
    if top_up is not None:
        top_up = top_ups.ask(top_up=top_up, processor=processor, now=now)
        top_ups.look_after(top_up)
    return top_up


def sweep(*, now: datetime, limit: int = 1000) -> int:
    """Have everything looked at that waits: wallets, unanswered questions, refunds, notices. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now, limit])
        due = [wallet_id for (wallet_id,) in cursor.fetchall()]
    for wallet_id in due:
        jobs.enqueue("billing.payments.attend", wallet_id=wallet_id)
    unanswered = TopUp.objects.filter(
        state=TopUpState.PENDING,
        payment_id__isnull=True,
        page_id__isnull=True,
        started_at__lt=now - top_ups.ASK_AGAIN,
    ).values_list("pk", flat=True)[:limit]
    for pk in unanswered:
        jobs.enqueue("billing.payments.recover_top_up", top_up_id=str(pk))
    unsent = Refund.objects.filter(
        state=RefundState.PENDING, refund_id__isnull=True, started_at__lt=now - top_ups.ASK_AGAIN
    ).values_list("pk", flat=True)[:limit]
    for pk in unsent:
        jobs.enqueue("billing.payments.send_refund", refund_id=str(pk))
    waiting = ProcessorNotice.objects.filter(
        state=NoticeState.WAITING, received_at__lt=now - top_ups.ASK_AGAIN
    ).values_list("pk", flat=True)[:limit]
    for notice_id in waiting:
        jobs.enqueue("billing.payments.handle_notice", notice_id=notice_id)
    return len(due) + len(unanswered) + len(unsent) + len(waiting)
