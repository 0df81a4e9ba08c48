"""Answers that are given again."""

from __future__ import annotations

from django.db import models

from common.models import Identified


class KeptAnswer(Identified):
    """What a caller was told under a key of theirs. fingerprint: of the request, so that no other gets the answer."""

    caller = models.CharField(max_length=64, help_text="The id of the API key that asked.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    body = models.BinaryField()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="one_answer_per_caller_and_key"),
            models.CheckConstraint(condition=models.Q(status__range=(200, 299)), name="only_successes_are_kept"),
        ]
        indexes = [models.Index(fields=["created_at"], name="answers_by_age")]

    def __str__(self) -> str:
        return self.key
