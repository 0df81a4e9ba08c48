"""Money sent to sellers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from billing.ledger.models import AMOUNT_LIMIT, Transaction
from common.models import AmountField, Identified


class PayoutOrigin(models.TextChoices):
    DEMAND = "demand", "Asked for"
    THRESHOLD = "threshold", "The balance reached the threshold"
    SCHEDULE = "schedule", "By schedule"


class PayoutState(models.TextChoices):
    """pending -> sent | failed; sent -> reversing -> reversed | kept. A payout never goes back."""

    PENDING = "pending", "On its way"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    REVERSING = "reversing", "Being taken back"
    REVERSED = "reversed", "Taken back"
    KEPT = "kept", "Sent (could not be taken back)"


#: States in which the seller has the money, or is about to.
PAID = (PayoutState.PENDING, PayoutState.SENT, PayoutState.KEPT)


class Payout(Identified):
    """A transfer to a seller. The ledger comes first: `transaction` is posted with the row, and only then is it sent.

    The id is the processor's idempotency key and reference. reversal: the entry that undoes it, for one that failed
    or is taken back; restored: the entry that undoes that, for one that could not be taken back.
    """

    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="payouts")
    currency = models.CharField(max_length=8)
    amount = AmountField()
    origin = models.CharField(max_length=9, choices=PayoutOrigin.choices)
    state = models.CharField(max_length=9, choices=PayoutState.choices, default=PayoutState.PENDING)
    processor_account = models.CharField(max_length=255)
    transfer = models.CharField(max_length=255, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="payout")
    reversal = models.OneToOneField(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_payout"
    )
    restored = models.OneToOneField(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="restored_payout"
    )

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lt=AMOUNT_LIMIT), name="payout_amount_is_positive"
            ),
            models.CheckConstraint(condition=Q(state__in=PayoutState.values), name="payout_state_is_known"),
            models.CheckConstraint(condition=Q(origin__in=PayoutOrigin.values), name="payout_origin_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sent"], reversal__isnull=True, restored__isnull=True)
                | Q(state__in=["failed", "reversing", "reversed"], reversal__isnull=False, restored__isnull=True)
                | Q(state="kept", reversal__isnull=False, restored__isnull=False),
                name="payout_is_in_the_books_as_its_state_says",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "failed"], transfer="")
                | ~Q(state__in=["pending", "failed"], transfer=""),
                name="payout_that_was_sent_has_a_transfer",
            ),
            models.UniqueConstraint(
                fields=["seller", "currency"], condition=Q(state="pending"), name="one_payout_under_way_per_seller"
            ),
            models.UniqueConstraint(fields=["transfer"], condition=~Q(transfer=""), name="one_payout_per_transfer"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
