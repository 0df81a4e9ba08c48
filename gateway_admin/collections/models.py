"""Collections of a customer: services called as one under /g/<name>."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.models import Identified
from gateway_admin.rows import NamedRow
from marketplace.catalog.models import Service


class Policy(models.TextChoices):
    WEIGHTED_RANDOM = "weighted_random", "By chance, by weight"
    BY_PRICE = "by_price", "The cheapest first"
    LOWEST_LATENCY = "lowest_latency", "The fastest first"
    STICKY = "sticky", "Each caller stays with one"


class Collection(NamedRow):
    display_name = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=2000, blank=True)
    policy = models.CharField(max_length=16, choices=Policy.choices, default=Policy.WEIGHTED_RANDOM)
    is_default = models.BooleanField(default=False, help_text="The favourites that pages and clients add to.")

    class Meta(NamedRow.Meta):
        constraints = [
            *NamedRow.Meta.constraints,
            models.UniqueConstraint(fields=["team"], condition=Q(is_default=True), name="one_default_collection"),
            models.CheckConstraint(condition=Q(policy__in=Policy.values), name="collection_policy_is_known"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name


class CollectionMember(Identified):
    """routing_key: by which callers choose the service here, None for its own."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="members")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="collection_members")
    routing_key = models.JSONField(null=True, blank=True)
    sort_order = models.IntegerField(default=0)
    weight = models.PositiveIntegerField(default=10)

    class Meta:
        ordering = ["sort_order", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "service"], name="collection_member_once"),
            models.CheckConstraint(condition=Q(weight__lte=1_000_000), name="collection_weight_is_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} in {self.collection_id}"
