"""Uploaded files that nothing refers to any more: removed when they are old enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import connection, transaction

from marketplace.catalog.models import Blob

#: Files come before the service that names them: so long after its last upload one stays.
KEPT_FOR = timedelta(days=14)
_BATCH = 200
#: Where files stand that were uploaded or are waiting: as text, so that a name anywhere in them counts.
_TEXTS = (
    "SELECT upload::text FROM catalog_service",
    "SELECT provider_data::text FROM catalog_service",
    "SELECT data::text FROM catalog_provider",
    "SELECT payload::text FROM catalog_uploadtask",
)
_KEY = r"[0-9a-f]{64}(?:\.[A-Za-z0-9]{1,16})?"


def sweep(*, now: datetime) -> int:
    """Remove files that no document, service, provider or waiting upload names. Returns how many were removed."""
    old = Blob.objects.filter(documents=None, created_at__lt=now - KEPT_FOR)
    keys = list(old.order_by("created_at").values_list("pk", flat=True))
    if not keys:
        return 0
    named = _named()
    unnamed = [key for key in keys if key not in named]
    return sum(_remove(unnamed[start : start + _BATCH], now) for start in range(0, len(unnamed), _BATCH))


def _named() -> frozenset[str]:
    """Return every key that is written anywhere."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        for texts in _TEXTS:
            found_in = f"SELECT DISTINCT m[1] FROM ({texts}) t(text), regexp_matches(text, %s, 'g') m"  # noqa: S608  ours
            cursor.execute(found_in, [f"({_KEY})"])
            found.update(key for (key,) in cursor.fetchall())
    return frozenset(found)


@transaction.atomic
def _remove(keys: list[str], now: datetime) -> int:
    """Remove a batch. Whoever uploads one of them again waits for this, finds nothing, and stores it anew."""
    rows = Blob.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk__in=keys, documents=None, created_at__lt=now - KEPT_FOR
    )
    paths = {row.pk: row.file.name or f"blobs/{row.pk}" for row in rows}
    removed, _ = Blob.objects.filter(pk__in=paths).delete()
    for path in paths.values():
        default_storage.delete(path)
    return removed
