"""Money that leaves a wallet towards the card it came from: because we send it back, or because a bank takes it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.ledger.models import AMOUNT_LIMIT, Transaction
from billing.payments.models.top_ups import TopUp
from common.models import AmountField, Identified


class RefundState(models.TextChoices):
    """In the order in which they are passed: a bank may send back what was refunded."""

    PENDING = "pending", "Under way"
    SUCCEEDED = "succeeded", "Refunded"
    CANCELED = "canceled", "Canceled"
    FAILED = "failed", "Failed"


#: States in which the money is in the wallet again.
REFUND_UNDONE = (RefundState.CANCELED, RefundState.FAILED)


class Refund(Identified):
    """A part of a top-up on its way back. The wallet pays first (`transaction`); `reversal` when it did not work.

    request_key: of the form that asked for it. is_external: made in the processor's own pages, and found there.
    """

    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="refunds")
    amount = AmountField()
    state = models.CharField(max_length=9, choices=RefundState.choices, default=RefundState.PENDING)
    request_key = models.UUIDField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    refund_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    is_external = models.BooleanField(default=False)
    message = models.CharField(max_length=500, blank=True)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="refund")
    reversal = models.OneToOneField(Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lt=AMOUNT_LIMIT), name="refund_amount_is_positive"
            ),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=REFUND_UNDONE, reversal__isnull=False)
                | (~Q(state__in=REFUND_UNDONE) & Q(reversal__isnull=True)),
                name="refund_that_failed_is_reversed",
            ),
            models.UniqueConstraint(fields=["top_up", "request_key"], name="refund_once_per_form"),
        ]
        indexes = [models.Index(fields=["started_at"], name="refunds_under_way", condition=Q(state="pending"))]

    def __str__(self) -> str:
        return f"Refund {self.pk}"


class ChargebackState(models.TextChoices):
    OPEN = "open", "Contested by the card's owner"
    WON = "won", "Won: the money came back"
    LOST = "lost", "Lost"


class Chargeback(Identified):
    """A payment that a bank took back. The wallet pays (`transaction`), even below its floor; `reversal`: when won."""

    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="chargebacks")
    dispute_id = models.CharField(max_length=200, unique=True)
    amount = AmountField()
    state = models.CharField(max_length=4, choices=ChargebackState.choices, default=ChargebackState.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="chargeback")
    reversal = models.OneToOneField(Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lt=AMOUNT_LIMIT), name="chargeback_amount_is_positive"
            ),
            models.CheckConstraint(condition=Q(state__in=ChargebackState.values), name="chargeback_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=ChargebackState.WON, reversal__isnull=False)
                | (~Q(state=ChargebackState.WON) & Q(reversal__isnull=True)),
                name="chargeback_that_was_won_is_reversed",
            ),
        ]

    def __str__(self) -> str:
        return f"Chargeback {self.dispute_id}"
