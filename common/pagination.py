"""Pages of a list. A page knows its neighbours; nobody counts further than needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

T = TypeVar("T")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. number: from 1; total: items in the whole list."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first_item(self) -> int:
        return 0 if not self.total else (self.number - 1) * self.size + 1

    @property
    def last_item(self) -> int:
        return min(self.number * self.size, self.total)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.last else None

    @property
    def numbers(self) -> list[int | None]:
        """Return the page numbers to offer; None stands for a gap."""
        near = {1, self.last, self.number - 1, self.number, self.number + 1}
        shown = sorted(number for number in near if 1 <= number <= self.last)
        offered: list[int | None] = []
        for number in shown:
            if offered and offered[-1] is not None and number - offered[-1] > 1:
                offered.append(None)
            offered.append(number)
        return offered


def part(rows: QuerySet[M], start: int, end: int | None) -> QuerySet[M]:
    """Return the rows from `start` up to `end`. What rows are joined to is not read of those that are left out."""
    if not start:
        return rows[:end]
    return rows.filter(pk__in=list(rows.values_list("pk", flat=True)[start:end]))


def page_number(written: str | None) -> int:
    """Return the page that a query string asks for; anything unusable is page 1."""
    usable = written is not None and written.isascii() and written.isdigit() and len(written) <= 6
    return max(1, int(written)) if written is not None and usable else 1
