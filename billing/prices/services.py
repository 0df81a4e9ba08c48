"""Writes of price versions."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from billing.prices.models import PriceVersion, Side


def version(*, side: Side, currency: str, price: dict[str, Any]) -> PriceVersion:
    """Return the version of a validated price, stored now if its content is new."""
    text = json.dumps(price, sort_keys=True, separators=(",", ":"))
    found, _ = PriceVersion.objects.get_or_create(
        side=side, currency=currency, digest=hashlib.sha256(text.encode()).hexdigest(), defaults={"price": price}
    )
    return found
