"""Reads of what has been published."""

from __future__ import annotations

from typing import Any

from gateway_admin.publishing.models import PublishedRecord


def body(kind: str, key: str) -> Any | None:
    """Return the stored mapping of a record, or None when there is none."""
    return PublishedRecord.objects.filter(kind=kind, key=key).values_list("body", flat=True).first()
