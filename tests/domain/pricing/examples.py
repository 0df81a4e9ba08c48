"""The worked examples of the pricing specification, and how the cases of tables are evaluated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from domain import pricing

SPECIFICATION = json.loads((Path(__file__).parent / "specification_examples.json").read_text())


def cost(price: Mapping[str, object], given: Mapping[str, object]) -> Decimal:
    """Return the cost where `given` mixes usage with request_count, customer_charge and channel."""
    usage = dict(given)
    charge = usage.pop("customer_charge", None)
    return pricing.cost(
        price,
        usage,
        request_count=usage.pop("request_count", None),
        customer_charge=None if charge is None else Decimal(charge),
        channel=usage.pop("channel", None),
    )
