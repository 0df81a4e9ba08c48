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
        moment, pk = read(cursor)
        # the first condition says no more than the second; with it PostgreSQL begins in the index where the page does
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=pk), created_at__lte=moment)
    found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    shown = found[:limit]
    return CursorPage(shown, written(shown[-1].created_at, shown[-1].pk) if len(found) > limit else None)


def written(moment: datetime, pk: UUID) -> str:
    """Return the cursor after a row, of any list that is newest first by a time and then by id."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{pk}".encode()).decode()


def read(cursor: str) -> tuple[datetime, UUID]:
    """Return the time and the id of the row that a cursor stands for. Raises: Invalid."""
    try:
        moment, _, pk = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None:
            raise ValueError(moment)
        return read, UUID(pk)
    except (binascii.Error, ValueError):
        raise Invalid(["cursor: not one that a list has given. Start without it."]) from None
