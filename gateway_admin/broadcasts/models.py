"""Broadcasts: targets that one call goes to at once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.models import Identified
from gateway_admin.rows import NamedRow


class Mode(models.TextChoices):
    SYNC = "sync", "Wait for the answers"
    ASYNC = "async", "Fetch the answers later"


class SuccessPolicy(models.TextChoices):
    ANY = "any", "One answer is enough"
    ALL = "all", "Every target must answer"
    QUORUM = "quorum", "So many targets must answer"


class Broadcast(NamedRow):
    description = models.CharField(max_length=500, blank=True)
    mode = models.CharField(max_length=5, choices=Mode.choices, default=Mode.SYNC)
    policy = models.CharField(max_length=6, choices=SuccessPolicy.choices, default=SuccessPolicy.ANY)
    quorum = models.PositiveIntegerField(default=1)
    target_timeout_ms = models.PositiveIntegerField(default=30_000)

    class Meta(NamedRow.Meta):
        constraints = [
            *NamedRow.Meta.constraints,
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="broadcast_mode_is_known"),
            models.CheckConstraint(
                condition=Q(policy__in=SuccessPolicy.values, quorum__gte=1), name="broadcast_policy_is_known"
            ),
            models.CheckConstraint(
                condition=Q(target_timeout_ms__gte=1, target_timeout_ms__lte=600_000),
                name="broadcast_timeout_is_bounded",
            ),
        ]


class BroadcastTarget(Identified):
    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="targets")
    name = models.CharField(max_length=64)
    target_path = models.CharField(max_length=500)
    routing_key_override = models.JSONField(null=True, blank=True)
    sort_order = models.IntegerField(default=0)

    class Meta:
        ordering = ["sort_order", "created_at"]
        constraints = [models.UniqueConstraint(fields=["broadcast", "name"], name="broadcast_target_name_once")]

    def __str__(self) -> str:
        return self.name
