"""Uploads that a worker ingests. The row is the truth; the broker only hints."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.teams.models import Team
from common.models import Identified


class UploadStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class UploadTask(Identified):
    """One upload. `key` is the task id that the seller's client polls: its Idempotency-Key, or one of ours."""

    seller = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="upload_tasks")
    key = models.CharField(max_length=128)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    payload = models.JSONField(help_text="The body of the request.")
    auto_submit = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=UploadStatus.choices, default=UploadStatus.QUEUED)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["seller", "key"], name="upload_key_once"),
            models.CheckConstraint(condition=models.Q(status__in=UploadStatus.values), name="upload_status_is_known"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(status=UploadStatus.QUEUED), name="uploads_waiting")
        ]

    def __str__(self) -> str:
        return self.key
