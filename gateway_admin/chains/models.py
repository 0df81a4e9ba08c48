"""Chains: steps with targets, each with what happens next on success and on failure."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from common.models import Identified


class Chain(Identified):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="chains")
    name = models.CharField(max_length=64)
    description = models.CharField(max_length=500, blank=True)
    default_timeout_ms = models.PositiveIntegerField(default=10_000)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="chain_name_once"),
            models.CheckConstraint(
                condition=Q(default_timeout_ms__gte=1, default_timeout_ms__lte=600_000), name="chain_timeout_is_bounded"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChainStep(Identified):
    """on_success, on_failure: stop, relay, continue, or the name of the step to go to."""

    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=64)
    target_path = models.CharField(max_length=500)
    on_success = models.CharField(max_length=64, default="stop")
    on_failure = models.CharField(max_length=64, default="relay")
    sort_order = models.IntegerField(default=0)
    timeout_ms = models.PositiveIntegerField(null=True, blank=True)
    method = models.CharField(max_length=10, blank=True)
    headers = models.JSONField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["sort_order", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "name"], name="chain_step_name_once"),
            models.CheckConstraint(
                condition=Q(timeout_ms=None) | Q(timeout_ms__gte=1, timeout_ms__lte=600_000),
                name="chain_step_timeout_is_bounded",
            ),
        ]

    def __str__(self) -> str:
        return self.name
