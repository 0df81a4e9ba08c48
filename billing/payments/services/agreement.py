"""Whether the account of the money with the processor says what the processor's own books say.

Source: docs/algorithms/top-ups.md, "Agreement with the processor".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.ledger import queries as books
from billing.ledger.models import Transaction
from billing.payments.models import Chargeback, Refund, TopUp, TopUpState
from billing.payments.models.reversals import REFUND_UNDONE
from billing.payments.processor import Processor
from billing.payments.services.applying import card_clearing

#: What was booked by the processor so short a time ago may not have reached us yet.
SLACK = timedelta(hours=2)
#: Kinds of changes in the processor's books that wallets are concerned by.
OF_WALLETS = frozenset({"charge", "refund", "refund_failure", "dispute", "dispute_reversal"})
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Money of one payment, refund or dispute that is in one of the books and not in the other."""

    source_id: str
    processor_says: Decimal
    books_say: Decimal

    def __str__(self) -> str:
        return f"{self.source_id}: the processor says {self.processor_says}, the books say {self.books_say}"


def disagreements(*, processor: Processor, since: datetime, now: datetime) -> list[Disagreement]:
    """Return what the two books of the time since then do not agree on. Empty: they agree.

    Changes that have nothing to do with wallets (payouts, transfers, fees) are left out. Raises: ProcessorError.
    """
    said, fresh = _said(processor, since, now)
    booked = _booked(set(said))
    found = [
        Disagreement(source, amount, booked.get(source, [_ZERO])[0])
        for source, amount in sorted(said.items())
        if source not in fresh and amount not in booked.get(source, [_ZERO])
    ]
    return found + [Disagreement(source, _ZERO, amount) for source, amount in _unknown_to(said, since, now) if amount]


def _said(processor: Processor, since: datetime, now: datetime) -> tuple[dict[str, Decimal], set[str]]:
    """Return what the processor's books say of each source, and the sources that changed just now."""
    said: dict[str, Decimal] = defaultdict(Decimal)
    fresh = set()
    for change in processor.balance_changes(since=since, until=now):
        if change.type in OF_WALLETS:
            said[change.source_id] += change.amount.amount
            if change.created_at > now - SLACK:
                fresh.add(change.source_id)
    return said, fresh


def _booked(sources: set[str]) -> dict[str, list[Decimal]]:
    """Return what our account may say of each payment, refund and dispute. Positive: it came in.

    All of it, or its reversal alone: what was reversed may have begun before the time that is looked at.
    """
    found = {
        paid.payment_id or "": [_moved(paid.transaction)]
        for paid in TopUp.objects.filter(payment_id__in=sources).select_related("transaction")
    }
    refunds = Refund.objects.filter(refund_id__in=sources).select_related("transaction", "reversal")
    taken = Chargeback.objects.filter(dispute_id__in=sources).select_related("transaction", "reversal")
    rows = [(refund.refund_id or "", refund) for refund in refunds] + [(each.dispute_id, each) for each in taken]
    for source, row in rows:
        back = _moved(row.reversal)
        found[source] = [_moved(row.transaction) + back, *([back] if back else [])]
    return found


def _unknown_to(said: dict[str, Decimal], since: datetime, now: datetime) -> Iterator[tuple[str, Decimal]]:
    """Yield what we have booked well within that time, and the processor has not."""
    within = {"transaction__effective_at__gte": since + SLACK, "transaction__effective_at__lt": now - SLACK}
    for paid in TopUp.objects.filter(state=TopUpState.SUCCEEDED, **within).select_related("transaction"):
        if paid.payment_id not in said:
            yield paid.payment_id or str(paid.pk), _moved(paid.transaction)
    for refund in Refund.objects.filter(**within).exclude(state__in=REFUND_UNDONE).select_related("transaction"):
        if refund.refund_id not in said:
            yield refund.refund_id or str(refund.pk), _moved(refund.transaction)


def _moved(transaction: Transaction | None) -> Decimal:
    """Return what a transaction added to the money with the processor: the account is debited then."""
    if transaction is None:
        return _ZERO
    entry = transaction.entries.first()
    return -books.net(transaction, card_clearing(entry.currency)) if entry else _ZERO
