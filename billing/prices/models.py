"""Price versions. A price is stored once by its content, never changed, and named by every charge."""

from __future__ import annotations

from django.db import models

from common.models import Identified


class Side(models.TextChoices):
    LIST = "list", "List price (the customer pays)"
    PAYOUT = "payout", "Payout price (the seller receives)"


class PriceVersion(Identified):
    side = models.CharField(max_length=6, choices=Side.choices)
    currency = models.CharField(max_length=8)
    price = models.JSONField(help_text="The price as its seller wrote it, in the flat form.")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["side", "currency", "digest"], name="price_version_once")]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.currency} {self.digest[:8]}"
