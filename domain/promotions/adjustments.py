"""One thing taken off a list cost, as a charge keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

Funder = Literal["seller", "platform"]


class Adjustment(NamedTuple):
    """amount: positive, in twelve places. funded_by: whose money it is.

    metric, quantity: of an allowance, what was covered. use: of a rule with a quota of uses, which use it was.
    """

    kind: Literal["allowance", "promotion"]
    id: str
    name: str
    amount: Decimal
    funded_by: Funder
    metric: str = ""
    quantity: Decimal | None = None
    use: int | None = None

    def to_json(self) -> dict[str, str | int]:
        """Return the mapping that a charge keeps; amounts are texts."""
        written: dict[str, str | int] = {
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "amount": str(self.amount),
            "funded_by": self.funded_by,
        }
        if self.quantity is not None:
            written["metric"], written["quantity"] = self.metric, str(self.quantity)
        if self.use is not None:
            written["use"] = self.use
        return written


def net(list_cost: Decimal, adjustments: Iterable[Adjustment]) -> Decimal:
    """Return what is left of a list cost."""
    return list_cost - sum((each.amount for each in adjustments), Decimal(0))
