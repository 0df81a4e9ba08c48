"""Lists that go on from a row: pages that cost the same however far one has read.

A list is newest first, by `created_at` and then id. Its cursor is opaque to clients and names the last row they have.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from common.errors import Invalid
from common.models import Identified

M = TypeVar("M", bound=Identified)


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[M]):
    """rows: at most as many as asked for. next_cursor: where the list goes on, None at its end."""

    rows: Sequence[M]
    next_cursor: str | None

    @property
    def has_more(self) -> bool:
        return self.next_cursor is not None


def page(rows: QuerySet[M], *, cursor: str | None, limit: int) -> CursorPage[M]:
    """Return the rows after `cursor`, newest first. Raises: Invalid for a cursor that no list has given."""
    if cursor:
        moment, pk = _read(cursor)
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=pk))
    found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    shown = found[:limit]
    return CursorPage(shown, _written(shown[-1]) if len(found) > limit else None)


def _written(row: Identified) -> str:
    return base64.urlsafe_b64encode(f"{row.created_at.isoformat()}|{row.pk}".encode()).decode()


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        moment, _, pk = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None:
            raise ValueError(moment)
        return read, UUID(pk)
    except (binascii.Error, ValueError):
        raise Invalid(["cursor: not one that a list has given. Start without it."]) from None
