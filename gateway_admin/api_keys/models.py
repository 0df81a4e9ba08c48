"""API keys. The key itself is never stored: only an HMAC of it, and the few letters that pages show."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from accounts.teams.models import Role, Team
from common.models import Identified


class ApiKey(Identified):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="api_keys")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.DEVELOPER)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, help_text="The first characters, for people to recognise it by.")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(condition=models.Q(role__in=Role.values), name="api_key_role_is_known")]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
