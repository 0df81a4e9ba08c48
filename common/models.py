"""Columns that most tables share."""

from __future__ import annotations

import uuid

from django.db import models


class Identified(models.Model):
    """A row known by a UUID, with the time it was written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class AmountField(models.DecimalField):
    """Money in the books: NUMERIC(30,12). The database refuses NaN and infinity by the constraints of its table."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 30, 12
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
