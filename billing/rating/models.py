"""From usage to charges: the inbox, what could not be read, the charges, and what they sum up to per month."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.teams.models import Team
from billing.ledger.models import not_negative
from billing.prices.models import PriceVersion
from billing.wallets.models import Wallet
from common.models import AmountField


class UsageInbox(models.Model):
    """An event as a gateway sent it, until it is settled. `payload` is the JSON text of a domain.usage.UsageEvent.

    Text, not jsonb: what PostgreSQL would not take as JSON must not keep the gateway from handing over the rest.
    """

    event_id = models.UUIDField(primary_key=True)
    gateway_id = models.CharField(max_length=100)
    wallet_id = models.UUIDField()
    lease_id = models.UUIDField(null=True)
    payload = models.TextField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "usage inbox"
        indexes = [models.Index(fields=["lease_id"], name="inbox_of_a_lease", condition=Q(lease_id__isnull=False))]

    def __str__(self) -> str:
        return str(self.event_id)


class UsageQuarantine(models.Model):
    """An event that could not be settled, kept with the reason until an operator sends it back to the inbox."""

    event_id = models.UUIDField(primary_key=True)
    gateway_id = models.CharField(max_length=100)
    wallet_id = models.UUIDField()
    lease_id = models.UUIDField(null=True)
    payload = models.TextField()
    received_at = models.DateTimeField()
    error = models.TextField()
    quarantined_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "usage quarantine"
        ordering = ["-quarantined_at"]

    def __str__(self) -> str:
        return str(self.event_id)


class ChargeState(models.TextChoices):
    CHARGED = "charged", "Charged"
    UNPRICED = "unpriced", "Unpriced (waits for a price that can bill it)"


class Charge(models.Model):
    """What one event cost and what of it the customer pays. Written once; an unpriced one is priced once.

    list_cost: by the price that the customer accepted. adjustments: what was taken off it, in order, as
    [{"kind": "allowance" | "promotion", "id", "name", "amount", "funded_by": "seller" | "platform"}], amounts as texts.
    cost: list_cost less these. hold: what was set aside before the call; charged <= hold. loss: the platform's.
    The references to wallet, team and price are checked by the settlement and by the verifier instead of per row by
    foreign keys: they would cost as much as the row itself.
    """

    event_id = models.UUIDField(primary_key=True)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="charges"
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="charges"
    )
    service_id = models.UUIDField()
    enrollment_id = models.UUIDField(null=True)
    api_key_id = models.UUIDField(null=True)
    price = models.ForeignKey(
        PriceVersion, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="charges"
    )
    lease_id = models.UUIDField(null=True)
    channel = models.TextField(blank=True)
    alias = models.CharField(max_length=80, blank=True, db_default="", help_text="The name that was called: a/llm.")
    outcome = models.CharField(max_length=20)
    status = models.IntegerField(help_text="Of the upstream's answer; 0 when there was none.")
    usage = models.JSONField()
    hold = AmountField()
    list_cost = AmountField(db_default=Decimal(0))
    adjustments = models.JSONField(db_default=models.Value([], models.JSONField()))
    cost = AmountField()
    charged = AmountField()
    loss = models.GeneratedField(expression=F("cost") - F("charged"), output_field=AmountField(), db_persist=True)
    state = models.CharField(max_length=8, choices=ChargeState.choices)
    flags = models.JSONField()
    error = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    period = models.DateField(help_text="First day of the month on whose statement it is.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=not_negative("hold", "list_cost", "cost", "charged"), name="charge_amounts_are_numbers"
            ),
            models.CheckConstraint(
                condition=Q(charged__lte=F("cost")) & Q(charged__lte=F("hold")), name="charge_is_within_cost_and_hold"
            ),
            models.CheckConstraint(
                condition=Q(state=ChargeState.CHARGED, error="") | Q(state=ChargeState.UNPRICED, cost=0),
                name="charge_state_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["wallet", "-started_at"], name="charges_of_a_wallet"),
            models.Index(fields=["created_at"], name="charges_to_price", condition=Q(state="unpriced")),
        ]

    def __str__(self) -> str:
        return str(self.event_id)

    @property
    def taken_off(self) -> Decimal:
        """What quotas and promotions took off the list cost."""
        taken: Decimal = self.list_cost - self.cost
        return taken


class PeriodUsage(models.Model):
    """Sum of the charges of a wallet on one statement, for one service, enrollment and channel.

    late: whether the calls finished before `period` began, and came too late for their own. metrics: name -> decimal
    text. listed: by list prices. covered: by the included quota of subscriptions. discounted: by promotions, of which
    discounted_by_platform by those that the platform pays. listed - covered - discounted = cost >= charged.
    """

    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="period_usage"
    )
    period = models.DateField()
    service_id = models.UUIDField()
    enrollment_id = models.UUIDField(null=True)
    channel = models.TextField(blank=True, db_default="")
    late = models.BooleanField(db_default=False)
    requests = models.BigIntegerField(default=0)
    listed = AmountField(db_default=Decimal(0))
    covered = AmountField(db_default=Decimal(0))
    discounted = AmountField(db_default=Decimal(0))
    discounted_by_platform = AmountField(db_default=Decimal(0))
    charged = AmountField(default=Decimal(0))
    metrics = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "period usage"
        ordering = ["-period", "-charged"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "period", "service_id", "enrollment_id", "channel", "late"],
                name="period_usage_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=not_negative(
                    "charged", "requests", "listed", "covered", "discounted", "discounted_by_platform"
                ),
                name="period_usage_is_a_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period:%Y-%m} {self.service_id}"


class HourlyUsage(models.Model):
    """Sum of the charges of a wallet whose calls ended in one hour of its clocks, by service, channel, key and name.

    period: the month on whose statement they are, so that a month's rows sum up to its usage; a later one than
    that of starts_at for what came late. requests: calls that were answered; failures: those that were not.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    starts_at = models.DateTimeField()
    period = models.DateField()
    service_id = models.UUIDField()
    channel = models.TextField(blank=True, db_default="")
    api_key_id = models.UUIDField(null=True)
    alias = models.CharField(max_length=80, blank=True, db_default="")
    requests = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    charged = AmountField(default=Decimal(0))

    class Meta:
        verbose_name_plural = "hourly usage"
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "period", "starts_at", "service_id", "channel", "api_key_id", "alias"],
                name="hourly_usage_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=not_negative("requests", "failures", "charged"), name="hourly_usage_is_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.service_id}"


class HourlySales(models.Model):
    """Sum of the charges of one service whose calls ended in one hour of UTC, of all its customers together.

    paid: by customers, with what the platform paid in their stead. slot: several settlements write beside each other,
    each a row of its own. The platform's own tests are not in it.
    """

    service_id = models.UUIDField()
    starts_at = models.DateTimeField()
    period = models.DateField()
    currency = models.CharField(max_length=8)
    slot = models.SmallIntegerField()
    requests = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    paid = AmountField(default=Decimal(0))

    class Meta:
        verbose_name_plural = "hourly sales"
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["service_id", "period", "starts_at", "currency", "slot"], name="hourly_sales_once"
            ),
            models.CheckConstraint(
                condition=not_negative("requests", "failures", "paid"), name="hourly_sales_is_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.service_id}"
