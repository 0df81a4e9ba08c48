"""What we know of a seller as somebody to be paid."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from billing.ledger.models import AMOUNT_LIMIT
from common.models import AmountField, Identified


class PayoutSchedule(models.TextChoices):
    ON_DEMAND = "on_demand", "Only when we ask for it"
    THRESHOLD = "threshold", "When the available balance reaches an amount"
    WEEKLY = "weekly", "Every Monday"
    MONTHLY = "monthly", "On the first day of each month"


class SellerAccount(Identified):
    """One row a seller. Whoever changes a seller's invoices, adjustments or payouts locks it first (after the wallet).

    processor_account: the seller's account with the card processor; requirements: what the processor still asks for.
    payout_window_days: a window of its own for this seller. retry_after: when the schedule looks again after it had
    to pass the seller over, and skip_reason why.
    """

    seller = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="payout_account")
    processor_account = models.CharField(max_length=255, blank=True)
    country = models.CharField(max_length=2, blank=True)
    can_be_paid = models.BooleanField(default=False)
    requirements = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    schedule = models.CharField(max_length=9, choices=PayoutSchedule.choices, default=PayoutSchedule.ON_DEMAND)
    threshold = AmountField(default=Decimal(100))
    scheduled_for = models.DateField(null=True, blank=True, help_text="The next day of a weekly or monthly payout.")
    payout_window_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days from finalizing an invoice to releasing it. Empty: the general window."
    )
    last_invoice = models.PositiveIntegerField(default=0, help_text="Number of the last invoice; they have no gaps.")
    skip_reason = models.CharField(max_length=500, blank=True)
    skips = models.PositiveSmallIntegerField(default=0)
    retry_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["seller__name"]
        constraints = [
            models.CheckConstraint(condition=Q(schedule__in=PayoutSchedule.values), name="payout_schedule_is_known"),
            models.CheckConstraint(
                condition=Q(threshold__gt=0, threshold__lt=AMOUNT_LIMIT), name="payout_threshold_is_positive"
            ),
            models.UniqueConstraint(
                fields=["processor_account"],
                condition=~Q(processor_account=""),
                name="processor_account_has_one_seller",
            ),
        ]

    def __str__(self) -> str:
        return f"Payouts of {self.seller}"
