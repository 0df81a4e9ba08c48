"""The rule that the tiers of both tiered kinds share: ascending limits, the last one open."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from domain.pricing.reading import Fields
from domain.pricing.words import whole


def check_limits(fields: Fields, limits: Sequence[int | None]) -> None:
    """Report tiers that are not strictly ascending or do not end with `up_to` null."""
    if not limits:
        return
    *closed, last = limits
    if last is not None:
        fields.report("the last tier must have up_to null", "tiers")
    if None in closed:
        fields.report("only the last tier may have up_to null", "tiers")
    finite = [limit for limit in limits if limit is not None]
    if any(after <= before for before, after in pairwise(finite)):
        fields.report(f"up_to must rise from tier to tier, got {', '.join(map(str, finite))}", "tiers")


def reach(limits: Sequence[int | None], index: int) -> str:
    """Return which amounts a tier is for: "up to 1,000", "above 1,000", or nothing for an only tier."""
    limit = limits[index]
    if limit is not None:
        return f"up to {whole(limit)}"
    before = limits[index - 1] if index else None
    return "" if before is None else f"above {whole(before)}"


def holds(limit: int | None, value: Decimal) -> bool:
    """Whether a value falls under a limit, which is inclusive."""
    return limit is None or value <= limit
