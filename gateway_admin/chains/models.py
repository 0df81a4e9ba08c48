"""Chains: steps with targets, each with what happens next on success and on failure."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.models import Identified
from gateway_admin.rows import NamedRow


class Chain(NamedRow):
    description = models.CharField(max_length=500, blank=True)
    default_timeout_ms = models.PositiveIntegerField(default=10_000)

    class Meta(NamedRow.Meta):
        constraints = [
            *NamedRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(default_timeout_ms__gte=1, default_timeout_ms__lte=600_000), name="chain_timeout_is_bounded"
            ),
        ]


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
