"""Secrets and variables. A secret is write-only: the control plane holds ciphertext it cannot open."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.teams.models import Team
from common.models import Identified


class Secret(Identified):
    """A named value of a team. A variable (`sensitive` false) is stored in clear and may be read back."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, max_length=10_000)
    sensitive = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    value = models.CharField(max_length=4000, blank=True, help_text="Of variables alone.")
    key_id = models.CharField(max_length=16, blank=True)
    sealed_key = models.TextField(blank=True)
    ciphertext = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="secret_name_once_per_team"),
            models.CheckConstraint(
                condition=models.Q(sensitive=False) | models.Q(value=""), name="secret_value_is_never_stored_in_clear"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SecretGrant(models.Model):
    """The owner's consent that a secret may be sent to a host. `host` is lower case, without a port."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="secret_grants")
    name = models.CharField(max_length=100)
    host = models.CharField(max_length=253)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "host"]
        constraints = [models.UniqueConstraint(fields=["team", "name", "host"], name="secret_grant_once")]

    def __str__(self) -> str:
        return f"{self.name} may go to {self.host}"
