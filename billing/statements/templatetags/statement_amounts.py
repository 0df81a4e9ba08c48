"""Amounts in the columns of a statement, whose heading names the currency."""

from __future__ import annotations

from decimal import Decimal

from django.template import Library

from common import amounts

register = Library()


@register.filter
def figures(amount: Decimal, currency: str) -> str:
    """Write an amount with every digit, and at least the places of its currency."""
    return amounts.written_exactly(amount, currency)


@register.filter
def reading(amount: Decimal, currency: str) -> str:
    """Write an amount for reading: two places from 1 on, up to four below, four digits under a cent."""
    return amounts.written(amount, currency)


@register.filter
def negative(amount: Decimal) -> Decimal:
    """Return the amount with the other sign: what is taken off."""
    return -amount
