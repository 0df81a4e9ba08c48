"""What the processor told us without being asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class NoticeState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    IGNORED = "ignored", "Ignored (nothing of ours)"
    FAILED = "failed", "Failed (see its error)"


class ProcessorNotice(models.Model):
    """A webhook, stored by its id first of all. It only says what to look at: nothing of it is believed.

    account_id: the connected account that it is about; empty for our own.
    """

    id = models.CharField(primary_key=True, max_length=200)
    type = models.CharField(max_length=200)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=200)
    account_id = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(help_text="By the processor's clock.")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=NoticeState.choices, default=NoticeState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at"]
        constraints = [models.CheckConstraint(condition=Q(state__in=NoticeState.values), name="notice_state_is_known")]
        indexes = [models.Index(fields=["received_at"], name="notices_to_handle", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"
