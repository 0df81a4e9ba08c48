"""Rows that a team gives a name to, by which calls find them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.teams.models import Team
from common.models import Identified


class NamedRow(Identified):
    """A collection, a chain or a broadcast: one of each name for a team. The name stays for ever."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=64)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="%(class)s_name_once")]

    def __str__(self) -> str:
        return self.name
