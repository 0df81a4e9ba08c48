"""What a price is asked about: one call or one billing period, already checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from domain.pricing.errors import PricingError, quoted
from domain.pricing.usage_metrics import Amounts, read_usage


class Call(NamedTuple):
    """The facts of an evaluation. For an upper bound the amounts are the largest ones possible.

    request_count, customer_charge: payout side only. base: the charge that a promotion reduces.
    """

    amounts: Amounts
    request_count: int | None
    customer_charge: Decimal | None
    channel: str | None
    base: Decimal | None = None


def read_call(
    usage: Mapping[str, object],
    request_count: int | None,
    customer_charge: Decimal | None,
    channel: str | None,
) -> Call:
    """Check what comes from outside once, so that prices compute without checks.

    Raises: PricingError.
    """
    if request_count is not None and (type(request_count) is not int or request_count < 0):
        raise PricingError(f"request_count must be a whole number of at least 0, got {quoted(request_count)}")
    if customer_charge is not None and not (isinstance(customer_charge, Decimal) and customer_charge.is_finite()):
        raise PricingError(f"customer_charge must be a finite decimal, got {quoted(customer_charge)}")
    return Call(read_usage(usage), request_count, customer_charge, channel)
