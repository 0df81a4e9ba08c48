"""Sending payouts and taking them back. Each outcome is applied once, under the seller's lock, forward only.

The processor is asked outside of any transaction. An answer that never came leaves the payout as it is: the same call
is made again with the same key, and after the life of a key the processor's own books are searched.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.users.models import User
from billing.ledger import services as ledger
from billing.payments.processor import Processor, ProcessorError, RequestRefused, Transfer
from billing.payouts import queries
from billing.payouts.models import Payout, PayoutState
from billing.payouts.services.errors import PayoutNotSent
from common import jobs
from domain.money import Money

#: For so long the processor surely knows an idempotency key; it promises a day.
KEY_LIFE = timedelta(hours=20)
#: After it a payout that the processor's books do not show was never sent.
CERTAINTY = timedelta(hours=30)
_LONGEST_WAIT = timedelta(hours=6)
#: How far the processor's clock may be from ours.
_CLOCKS = timedelta(minutes=5)


def send(*, payout_id: UUID | str, processor: Processor, now: datetime) -> Payout:
    """Send a payout that is pending; one that is not is left alone."""
    payout = queries.by_id(payout_id)
    if payout.state != PayoutState.PENDING:
        return payout
    age = now - payout.requested_at
    try:
        # an earlier try may have been carried out: some answers are lost for good, and only the books tell
        transfer = _searched(payout, processor, now) if payout.attempts or age >= KEY_LIFE else None
    except ProcessorError as error:
        return _wait(payout, str(error), now)
    if transfer is not None:
        return _confirm(payout, transfer, now)
    if age >= CERTAINTY:
        return _fail(payout, "The payment processor never received the transfer.", now)
    if age >= KEY_LIFE:
        return _wait(payout, "The payment processor does not show it yet.", now)
    try:
        transfer = processor.transfer(
            key=f"payout:{payout.pk}",
            account_id=payout.processor_account,
            amount=Money(payout.amount, payout.currency),
            reference=str(payout.pk),
        )
    except RequestRefused as error:
        return _fail(payout, str(error) or "The payment processor refused the transfer.", now)
    except ProcessorError as error:
        return _wait(payout, str(error), now)
    return _confirm(payout, transfer, now)


@transaction.atomic
def take_back(*, payout_id: UUID, by: User | None, now: datetime) -> Payout:
    """Take a payout back: first in the books, then by a job at the processor. Raises: PayoutNotSent."""
    payout = _locked(queries.by_id(payout_id))
    if payout.state != PayoutState.SENT:
        raise PayoutNotSent(state=payout.get_state_display().lower())
    payout.reversal = ledger.reverse(
        original=payout.transaction, effective_at=now, memo=f"Payout {payout.pk} taken back", by=by
    )
    payout.state, payout.attempts, payout.next_attempt_at = PayoutState.REVERSING, 0, now
    payout.save(update_fields=["state", "reversal", "attempts", "next_attempt_at"])
    jobs.enqueue("billing.payouts.settle_reversal", payout_id=str(payout.pk))
    return payout


def settle_reversal(*, payout_id: UUID | str, processor: Processor, now: datetime) -> Payout:
    """Have the processor take back a payout that the books took back."""
    payout = queries.by_id(payout_id)
    if payout.state != PayoutState.REVERSING:
        return payout
    try:
        transfer = processor.transfer_by_id(payout.transfer)
        if left := payout.amount - transfer.reversed.amount:
            transfer = processor.reverse_transfer(
                key=f"payout_reversal:{payout.pk}",
                transfer_id=payout.transfer,
                amount=Money(left, payout.currency),
            )
    except RequestRefused as error:
        return _keep(payout, str(error) or "The payment processor refused to take it back.", now)
    except ProcessorError as error:
        return _wait(payout, str(error), now)
    return _end_reversal(payout, now)


def _searched(payout: Payout, processor: Processor, now: datetime) -> Transfer | None:
    """Return the transfer of a payout from the processor's books, None when it has none."""
    since, until = payout.requested_at - _CLOCKS, now + _CLOCKS
    for change in processor.balance_changes(since=since, until=until):
        if change.type == "transfer" and change.source_id:
            transfer = processor.transfer_by_id(change.source_id)
            if transfer.reference == str(payout.pk):
                return transfer
    return None


@transaction.atomic
def _confirm(payout: Payout, transfer: Transfer, now: datetime) -> Payout:
    payout = _locked(payout)
    if payout.state == PayoutState.PENDING:
        payout.state, payout.transfer, payout.sent_at, payout.failure = PayoutState.SENT, transfer.id, now, ""
        payout.save(update_fields=["state", "transfer", "sent_at", "failure"])
        jobs.enqueue("billing.payouts.tell_payout", payout_id=str(payout.pk))
    return payout


@transaction.atomic
def _fail(payout: Payout, reason: str, now: datetime) -> Payout:
    """Give the money back in the books, and have the schedule wait before it tries again."""
    payout = _locked(payout)
    if payout.state != PayoutState.PENDING:
        return payout
    payout.reversal = ledger.reverse(
        original=payout.transaction, effective_at=now, memo=f"Payout {payout.pk} failed: {reason}"[:500]
    )
    payout.state, payout.failure, payout.ended_at = PayoutState.FAILED, reason[:500], now
    payout.save(update_fields=["state", "reversal", "failure", "ended_at"])
    account = queries.lock_account(payout.seller)
    account.skips += 1
    account.skip_reason, account.retry_after = reason[:500], now + back_off(account.skips)
    account.save(update_fields=["skips", "skip_reason", "retry_after"])
    jobs.enqueue("billing.payouts.tell_payout", payout_id=str(payout.pk))
    return payout


@transaction.atomic
def _keep(payout: Payout, reason: str, now: datetime) -> Payout:
    """Undo the reversal in the books: the seller has the money after all."""
    payout = _locked(payout)
    if payout.state == PayoutState.REVERSING:
        assert payout.reversal is not None
        payout.restored = ledger.reverse(
            original=payout.reversal, effective_at=now, memo=f"Payout {payout.pk} could not be taken back"
        )
        payout.state, payout.failure, payout.ended_at = PayoutState.KEPT, reason[:500], now
        payout.save(update_fields=["state", "restored", "failure", "ended_at"])
    return payout


@transaction.atomic
def _end_reversal(payout: Payout, now: datetime) -> Payout:
    payout = _locked(payout)
    if payout.state == PayoutState.REVERSING:
        payout.state, payout.ended_at = PayoutState.REVERSED, now
        payout.save(update_fields=["state", "ended_at"])
        jobs.enqueue("billing.payouts.tell_payout", payout_id=str(payout.pk))
    return payout


@transaction.atomic
def _wait(payout: Payout, problem: str, now: datetime) -> Payout:
    payout = _locked(payout)
    payout.attempts += 1
    payout.failure = problem[:500]
    payout.next_attempt_at = now + min(timedelta(minutes=2 ** min(payout.attempts, 10)), _LONGEST_WAIT)
    payout.save(update_fields=["attempts", "failure", "next_attempt_at"])
    return payout


def back_off(skips: int) -> timedelta:
    """Return how long the schedule rests after so many payouts in a row that were not made: 1, 2, 4, then 6 days."""
    return timedelta(days=min(2 ** max(skips - 1, 0), 6))


def _locked(payout: Payout) -> Payout:
    queries.lock_account(payout.seller)
    return (
        Payout.objects.select_for_update(of=("self",))
        .select_related("seller", "transaction", "reversal")
        .get(pk=payout.pk)
    )
