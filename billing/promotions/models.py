"""Price rules: what sellers and the platform take off prices, as written in their files. Rating applies them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

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
    """scope: {customers, services} of the file, or null for everybody and everything. code: how it is redeemed."""

    seller = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="price_rules")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    pricing = models.JSONField()
    scope = models.JSONField(null=True, blank=True)
    apply_at = models.CharField(max_length=9, choices=RuleMoment.choices, default=RuleMoment.REQUEST)
    priority = models.IntegerField(default=0, help_text="Higher ones apply first.")
    status = models.CharField(max_length=6, choices=RuleStatus.choices, default=RuleStatus.DRAFT)
    code = models.CharField(max_length=60, unique=True)
    requires_redemption = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-priority", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="price_rule_name_once_per_seller"),
            models.CheckConstraint(condition=models.Q(status__in=RuleStatus.values), name="price_rule_status_is_known"),
            models.CheckConstraint(
                condition=models.Q(apply_at__in=RuleMoment.values), name="price_rule_moment_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
