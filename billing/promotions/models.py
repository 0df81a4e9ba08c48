"""What is taken off prices: rules of sellers and of the platform, who redeemed them, and included quotas."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.teams.models import Team
from common.models import Identified


class RuleStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"


class RuleMoment(models.TextChoices):
    REQUEST = "request", "When a call is rated"
    STATEMENT = "statement", "On the statement"


class PriceRule(Identified):
    """A promotion. Without a seller it is the platform's, which then pays for it.

    scope: {customers, services} of the file, or null for everybody and everything. code: how it is redeemed.
    active_from, active_until: the last time for which it was active; calls that started then are made cheaper.
    max_uses: of a rule with a code how often it is redeemed, of any other how many calls it makes cheaper.
    uses: those calls, counted while there is such a limit.
    """

    seller = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="price_rules")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    pricing = models.JSONField()
    scope = models.JSONField(null=True, blank=True)
    apply_at = models.CharField(max_length=9, choices=RuleMoment.choices, default=RuleMoment.REQUEST)
    priority = models.IntegerField(default=0, help_text="Higher ones apply first.")
    status = models.CharField(max_length=6, choices=RuleStatus.choices, default=RuleStatus.DRAFT)
    active_from = models.DateTimeField(null=True, blank=True)
    active_until = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=60, unique=True)
    requires_redemption = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "promotion"
        ordering = ["-priority", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "name"], nulls_distinct=False, name="price_rule_name_once_per_seller"
            ),
            models.CheckConstraint(condition=Q(status__in=RuleStatus.values), name="price_rule_status_is_known"),
            models.CheckConstraint(condition=Q(apply_at__in=RuleMoment.values), name="price_rule_moment_is_known"),
            models.CheckConstraint(
                condition=~Q(status=RuleStatus.ACTIVE) | Q(active_from__isnull=False, active_until__isnull=True),
                name="price_rule_is_active_since_a_time",
            ),
        ]
        indexes = [models.Index(fields=["seller", "-created_at", "-id"], name="promotions_of_seller")]

    def __str__(self) -> str:
        return self.name

    @property
    def funded_by(self) -> str:
        return "platform" if self.seller_id is None else "seller"


class RuleChanges(models.Model):
    """One row, whose number a trigger changes with the rules: whoever keeps them in memory looks here first."""

    number = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "rule changes"

    def __str__(self) -> str:
        return str(self.number)


class Redemption(Identified):
    """A customer has redeemed the code of a promotion: calls that start from then on are made cheaper."""

    rule = models.ForeignKey(PriceRule, on_delete=models.CASCADE, related_name="redemptions")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="redemptions")
    redeemed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    redeemed_at = models.DateTimeField()

    class Meta:
        ordering = ["-redeemed_at"]
        constraints = [models.UniqueConstraint(fields=["team", "rule"], name="redeemed_once_per_team")]

    def __str__(self) -> str:
        return f"{self.team} redeemed {self.rule}"


class Allowance(Identified):
    """A quota that a subscription includes: the first `included` units of an enrollment's calls cost nothing more.

    metric: a metric of the usage, "requests" or "tokens". It covers calls that start from starts_at up to ends_at.
    used: changes under the lock of the wallet, by settled calls alone.
    """

    wallet = models.ForeignKey("wallets.Wallet", on_delete=models.PROTECT, related_name="allowances")
    enrollment_id = models.UUIDField()
    name = models.CharField(max_length=200, help_text="As charges and statements show it.")
    metric = models.CharField(max_length=50)
    included = models.DecimalField(max_digits=30, decimal_places=12)
    used = models.DecimalField(max_digits=30, decimal_places=12, default=Decimal(0))
    funded_by = models.CharField(
        max_length=8, choices=[("seller", "Seller"), ("platform", "Platform")], default="seller"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    key = models.CharField(max_length=200, unique=True, help_text="What it was granted for; the same key grants once.")
    granted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["ends_at", "granted_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(included__gt=0, included__lt=10**18) & Q(used__gte=0, used__lte=F("included")),
                name="allowance_is_never_used_beyond_its_end",
            ),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="allowance_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(funded_by__in=["seller", "platform"]), name="allowance_funder_is_known"),
        ]
        indexes = [
            models.Index(fields=["enrollment_id"], name="allowances_to_use", condition=Q(used__lt=F("included"))),
            models.Index(fields=["wallet", "enrollment_id", "ends_at"], name="allowances_of_enrollment"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> Decimal:
        left: Decimal = self.included - self.used
        return left
