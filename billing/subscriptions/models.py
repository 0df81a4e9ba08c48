"""Subscriptions: plans with a monthly fee, who has one, and every fee that was paid.

Billing knows neither services nor enrollments, only their ids; the marketplace above it asks and is told.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from billing.ledger.models import Transaction, not_negative
from billing.promotions.models import Allowance
from billing.wallets.models import Wallet
from common.models import AmountField, Identified
from domain.plans import EVERYTHING, METRICS, PlanTerms


class Plan(Identified):
    """One version of a plan of a service. It never changes: another fee or quota makes another version.

    withdrawn_at: since when it is not offered any more; who has it keeps it until they are told otherwise.
    """

    service_id = models.UUIDField()
    key = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=8)
    fee = AmountField(help_text="Per month.")
    metric = models.CharField(max_length=40, blank=True, help_text="What is included; empty when nothing is.")
    quantity = AmountField(default=Decimal(0), help_text="How much of it each month.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["service_id", "fee", "key", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["service_id", "key", "version"], name="plan_version_once"),
            models.UniqueConstraint(
                fields=["service_id", "key"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_offered_version_per_plan",
            ),
            models.CheckConstraint(condition=not_negative("fee", "quantity"), name="plan_amounts_are_numbers"),
            models.CheckConstraint(
                condition=Q(metric__in=["", EVERYTHING], quantity=0) | Q(metric__in=METRICS, quantity__gt=0),
                name="plan_includes_a_quantity_of_a_metric",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def terms(self) -> PlanTerms:
        return PlanTerms(self.key, self.name, self.description, self.fee, self.metric, self.quantity)

    @property
    def has_quota(self) -> bool:
        return self.quantity > 0


class SubscriptionStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Fee unpaid"
    SUSPENDED = "suspended", "Suspended"
    ENDED = "ended", "Ended"


class Subscription(Identified):
    """A customer's plan for one enrollment. Every change takes the lock of the wallet first, then of this row.

    Period `number` of it runs from starts_at to ends_at; the next one begins `months` + 1 months after anchored_at, by
    the clock of `time_zone`. cancels_at: it ends then, with the enrollment unless keeps_enrollment.
    next_plan: what the next period is of. notice_ends_at: from then on periods are of notice_plan; when that is None,
    there are none. The seller changed or withdrew the plan.
    unpaid_since: when the fee of the period that follows ends_at could first not be paid, of unpaid_amount.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="subscriptions")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="subscriptions")
    service_id = models.UUIDField()
    enrollment_id = models.UUIDField()
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    status = models.CharField(max_length=9, choices=SubscriptionStatus.choices, default=SubscriptionStatus.ACTIVE)
    time_zone = models.CharField(max_length=64)
    anchored_at = models.DateTimeField()
    months = models.PositiveIntegerField(default=0)
    number = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancels_at = models.DateTimeField(null=True, blank=True)
    keeps_enrollment = models.BooleanField(default=False)
    next_plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    notice_plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    notice_ends_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, help_text="Of the end of the notice.")
    unpaid_since = models.DateTimeField(null=True, blank=True)
    unpaid_amount = AmountField(null=True, blank=True)
    grace_ends_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment_id"], condition=~Q(status="ended"), name="one_subscription_per_enrollment"
            ),
            models.CheckConstraint(
                condition=Q(status__in=SubscriptionStatus.values), name="subscription_status_is_known"
            ),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="subscription_period_has_a_length"),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) | (~Q(status="ended") & Q(ended_at__isnull=True)),
                name="subscription_that_ended_says_when",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["past_due", "suspended"], unpaid_since__isnull=False)
                | Q(status="active", unpaid_since__isnull=True)
                | Q(status="ended"),
                name="subscription_unpaid_says_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(status="active"), name="subscriptions_to_renew"),
            models.Index(fields=["next_attempt_at"], condition=Q(status="past_due"), name="subscriptions_to_collect"),
            models.Index(fields=["wallet"], condition=~Q(status="ended"), name="subscriptions_of_a_wallet"),
            models.Index(fields=["service_id"], condition=~Q(status="ended"), name="subscriptions_of_a_service"),
            models.Index(fields=["team", "-created_at"], name="subscriptions_of_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} for {self.team}"

    @property
    def is_live(self) -> bool:
        return self.status != SubscriptionStatus.ENDED

    @property
    def is_unpaid(self) -> bool:
        return self.status in {SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED}


class FeeKind(models.TextChoices):
    PERIOD = "period", "Monthly fee"
    UPGRADE = "upgrade", "Upgrade"


class Fee(Identified):
    """What was paid for a period, or for a dearer plan within one. Written once.

    charged: of the plan's fee, for starts_at to ends_at. credited: what was paid before for the same time.
    amount: charged - credited, what the transaction moved; 0 without one. allowance: the quota that came with it.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="fees")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="fees")
    service_id = models.UUIDField()
    enrollment_id = models.UUIDField()
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="fees")
    kind = models.CharField(max_length=7, choices=FeeKind.choices)
    number = models.PositiveIntegerField(help_text="Of the period, counted from 1.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    charged = AmountField()
    credited = AmountField(default=Decimal(0))
    amount = AmountField()
    transaction = models.OneToOneField(Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="fee")
    allowance = models.OneToOneField(Allowance, null=True, blank=True, on_delete=models.PROTECT, related_name="fee")
    paid_at = models.DateTimeField()

    class Meta:
        ordering = ["-paid_at", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "number"], condition=Q(kind="period"), name="one_fee_per_period"
            ),
            models.CheckConstraint(condition=Q(kind__in=FeeKind.values), name="fee_kind_is_known"),
            models.CheckConstraint(
                condition=not_negative("charged", "credited", "amount") & Q(amount=F("charged") - F("credited")),
                name="fee_is_charged_less_credited",
            ),
            models.CheckConstraint(
                condition=Q(amount=0, transaction__isnull=True) | Q(amount__gt=0, transaction__isnull=False),
                name="fee_that_was_paid_names_its_transaction",
            ),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="fee_is_for_some_time"),
        ]
        indexes = [
            models.Index(fields=["service_id", "paid_at"], name="fees_of_a_service"),
            models.Index(fields=["wallet", "-paid_at"], name="fees_of_a_wallet"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for period {self.number}"
