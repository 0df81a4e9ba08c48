"""Aliases. One row is one target; several rows may share a name, and calls follow the one that routes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from common.models import Identified


class AliasQuerySet(models.QuerySet["Alias"]):
    def live(self) -> AliasQuerySet:
        return self.filter(deactivated_at=None)


class Alias(Identified):
    """request_routing_key: which requests take this row, None for all others. request_key: the same as one text.

    routing_key_override: what the call asks for from here on. A seller's aliases are published to every customer.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=100)
    target_path = models.CharField(max_length=500)
    description = models.CharField(max_length=500, blank=True)
    request_routing_key = models.JSONField(null=True, blank=True)
    request_key = models.TextField(blank=True, default="", editable=False)
    routing_key_override = models.JSONField(null=True, blank=True)
    is_routing = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(null=True, blank=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects = AliasQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["name", "request_key", "-is_routing", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name", "request_key"],
                condition=Q(is_routing=True, deactivated_at=None),
                name="one_routing_alias_per_name_and_key",
            ),
            models.CheckConstraint(
                condition=Q(deactivated_at=None) | Q(is_routing=False), name="removed_aliases_do_not_route"
            ),
        ]
        indexes = [models.Index(fields=["team", "name"], name="aliases_by_name")]

    def __str__(self) -> str:
        return self.name


class AliasSwitch(Identified):
    """Where a name led from a moment on, and who said so. Empty targets: the name led nowhere."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="alias_switches")
    name = models.CharField(max_length=100)
    request_key = models.TextField(blank=True)
    from_alias = models.ForeignKey(Alias, null=True, on_delete=models.CASCADE, related_name="+")
    to_alias = models.ForeignKey(Alias, null=True, on_delete=models.CASCADE, related_name="+")
    from_target = models.CharField(max_length=500, blank=True)
    to_target = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "alias switches"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["team", "name", "-at"], name="switches_of_an_alias")]

    def __str__(self) -> str:
        return f"{self.name}: {self.from_target} to {self.to_target}"
