"""The balance, line by line: what came in, what went out, what it cost."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.fakes.stripe.errors import invalid
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_ZERO_DECIMAL = {
    "bif",
    "clp",
    "djf",
    "gnf",
    "jpy",
    "kmf",
    "krw",
    "mga",
    "pyg",
    "rwf",
    "vnd",
    "vuv",
    "xaf",
    "xof",
    "xpf",
}
_THREE_DECIMAL = {"bhd", "jod", "kwd", "omr", "tnd"}
DISPUTE_FEE = 1500


def decimal_places(currency: str) -> int:
    """Return how many decimal places the smallest coin has."""
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2


def charge_fee(amount: int, currency: str) -> int:
    """Return 2.9 % and 30 of the smallest coins, 300 where the coin is a thousandth."""
    return (amount * 29 + 500) // 1000 + (300 if currency in _THREE_DECIMAL else 30)


def smallest_charge(currency: str) -> int:
    """Return the least that a card can be charged with."""
    return 500 if currency in _THREE_DECIMAL else 50


def is_chargeable(amount: int, currency: str) -> bool:
    """Whether the amount can be paid: the third decimal place is always 0."""
    return currency not in _THREE_DECIMAL or amount % 10 == 0


def book(
    world: World,
    *,
    type: str,
    category: str,
    amount: int,
    currency: str,
    source: str | None,
    fee: int = 0,
    at_once: bool = True,
) -> Object:
    """Add a line. amount: signed, before the fee. at_once: whether the money is there now, or after settlement."""
    available_on = world.now() + (0 if at_once else world.settles_after_seconds)
    return world.tables.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": world.now(),
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [_fee_detail(fee, currency)] if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "available" if available_on <= world.now() else "pending",
            "type": type,
        }
    )


def _fee_detail(fee: int, currency: str) -> dict[str, Any]:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }


def settle(world: World) -> None:
    """Let what is due be available."""
    for line in world.tables.newest_first("balance_transaction", lambda line: line["status"] == "pending"):
        if line["available_on"] <= world.now():
            line["status"] = "available"


def available(world: World, currency: str) -> int:
    """Return what can be sent on now."""
    return _sums(world, "available").get(currency, 0)


def require(world: World, amount: int, currency: str) -> None:
    """Refuse to send what is not there."""
    if available(world, currency) < amount:
        raise invalid(
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
            "balance by creating Charges using the 4000000000000077 test card.",
            code="balance_insufficient",
        )


def balance(world: World) -> dict[str, Any]:
    """Return the object `balance`."""
    return {
        "object": "balance",
        "available": _amounts(_sums(world, "available")),
        "livemode": False,
        "pending": _amounts(_sums(world, "pending")),
    }


def _sums(world: World, status: str) -> dict[str, int]:
    settle(world)
    sums: dict[str, int] = defaultdict(int)
    for line in world.tables.newest_first("balance_transaction"):
        sums[line["currency"]] += line["net"] if line["status"] == status else 0
    return sums


def _amounts(sums: dict[str, int]) -> list[dict[str, Any]]:
    shown = sums or {"usd": 0}
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}} for currency, amount in shown.items()
    ]
