"""Calls that are kept for later, and answers that are kept for who asks for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.teams.models import Team
from common.models import Identified
from gateway_admin.api_keys.models import ApiKey


class Schedule(Identified):
    """A call to be made later, once or again and again. Registered by /r/ and /d/ at a gateway, or through the API.

    path: of the gateway, with the wrappers and parameters that act on each run. headers: without credentials.
    schedule: as the customers' API shows it. due_at: of the next run; null when a cron expression is to tell it.
    digest: of everything that the call is, so that the same name with the same call registers once.
    """

    class Kind(models.TextChoices):
        RECURRENT = "recurrent", "Repeated"
        DELAYED = "delayed", "Delayed"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="schedules")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    name = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=16, default="POST")
    path = models.CharField(max_length=8192)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    schedule = models.JSONField(null=True)
    due_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"],
                condition=~Q(name="") & ~Q(state="cancelled"),
                name="schedule_name_once_per_team",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(schedule__isnull=False), name="schedule_says_when_once_it_is_active"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="active"), name="schedule_due")]

    def __str__(self) -> str:
        return self.name or f"{self.method} {self.path[:80]}"


class TaskAnswer(models.Model):
    """One target of an asynchronous broadcast: begun, and answered when `answer` is there. Kept for a week."""

    id = models.UUIDField(primary_key=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    broadcast = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    answer = models.JSONField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="task_answer_age")]

    def __str__(self) -> str:
        return f"{self.broadcast}: {self.name}"
