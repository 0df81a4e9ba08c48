"""What the data plane reads: one row a record, with the transaction that wrote it."""

from __future__ import annotations

from django.db import models


class PublishedRecord(models.Model):
    """A compiled record. `body` null means: there is none any more (the feed must tell).

    `written_in` is the writing transaction (pg_current_xact_id): readers of the feed go on from the oldest transaction
    that was still open, because sequences commit out of order.
    """

    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=300)
    body = models.JSONField(null=True)
    written_in = models.BigIntegerField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="published_record_once")]
        indexes = [models.Index(fields=["written_in"], name="published_record_feed")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
