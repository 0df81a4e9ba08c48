"""What a promotion does to a price, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain import pricing
from domain.pricing.composite import MultiplyPrice
from domain.pricing.constant import ConstantPrice
from domain.pricing.decimals import plain


def takes_off(price: Mapping[str, object], *, per: str = "call") -> str:
    """Return "20 % off", "0.50 off each call", "Free" or "At most 0.01 USD per request".

    per: what it applies to, "call" or "statement". Raises: InvalidPrice.
    """
    root = pricing.compile(price).root
    if isinstance(root, MultiplyPrice) and root.base is None:
        percent = plain((1 - min(root.factor, Decimal(1))) * 100)
        return f"{percent} % off" if root.factor > 0 else "Free"
    if isinstance(root, ConstantPrice) and root.amount < 0:
        return f"{plain(-root.amount)} off each {per}"
    if isinstance(root, ConstantPrice) and root.amount == 0:
        return "Free"
    if isinstance(root, ConstantPrice):
        return f"At most {plain(root.amount)} for each {per}"
    sentence = pricing.explain(price).sentence.rstrip(".")
    return f"At most {sentence[:1].lower()}{sentence[1:]}"
