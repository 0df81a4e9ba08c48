"""Preferences of accounts. What of calls is kept stands with the request logs, where the gateway reads it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.teams.models import Team
from common.models import Identified


class PreferenceName(models.TextChoices):
    NOTIFICATION = "notification", "Where notices are sent"
    AI = "ai", "The AI that answers at /ai"
    REQUEST_LOG = "request-log", "What of calls is kept"


#: Those whose values lie here.
STORED = (PreferenceName.NOTIFICATION, PreferenceName.AI)


class Preference(Identified):
    """target: the path of a call, as it follows the gateway's address."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="preferences")
    name = models.CharField(max_length=20, choices=PreferenceName.choices)
    target = models.CharField(max_length=500)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="one_preference_per_name"),
            models.CheckConstraint(condition=models.Q(name__in=STORED), name="preference_name_is_known"),
        ]

    def __str__(self) -> str:
        return self.name
