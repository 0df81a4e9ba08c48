"""Human words for prices: amounts in plain digits, units, metrics, and clauses that nest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.pricing.answers import Voice
from domain.pricing.decimals import ARITHMETIC, plain
from domain.pricing.price import Price

#: metric -> (one, many)
_METRICS = {
    "input_tokens": ("input token", "input tokens"),
    "output_tokens": ("output token", "output tokens"),
    "cached_input_tokens": ("cached input token", "cached input tokens"),
    "total_tokens": ("token", "tokens"),
    "one_token": ("token", "tokens"),
    "one_thousand_tokens": ("1,000 tokens", "thousands of tokens"),
    "one_million_tokens": ("1 million tokens", "millions of tokens"),
    "seconds": ("second", "seconds"),
    "duration_seconds": ("second", "seconds"),
    "one_second": ("second", "seconds"),
    "one_minute": ("minute", "minutes"),
    "one_hour": ("hour", "hours"),
    "one_day": ("day", "days"),
    "one_month": ("month of 30 days", "months of 30 days"),
    "one_byte": ("byte", "bytes"),
    "one_kilobyte": ("kilobyte", "kilobytes"),
    "one_megabyte": ("megabyte", "megabytes"),
    "one_gigabyte": ("gigabyte", "gigabytes"),
    "bytes_in": ("byte received", "bytes received"),
    "bytes_out": ("byte sent", "bytes sent"),
    "count": ("unit", "units"),
    "images_generated": ("image", "images"),
    "one_thousand": ("1,000 units", "thousands of units"),
    "one_million": ("1 million units", "millions of units"),
    "characters": ("character", "characters"),
    "one_character": ("character", "characters"),
    "one_thousand_characters": ("1,000 characters", "thousands of characters"),
    "one_million_characters": ("1 million characters", "millions of characters"),
    "request_count": ("request", "requests"),
    "customer_charge": ("unit of the customer's charge", "units of the customer's charge"),
}


def one(metric: str) -> str:
    """Return the singular of a metric; an expression stands for itself."""
    return _METRICS[metric][0] if metric in _METRICS else f"unit of ({metric})"


def many(metric: str) -> str:
    return _METRICS[metric][1] if metric in _METRICS else metric


def heading(metric: str, reach: str) -> str:
    """Return the label of a tier, e.g. "Requests, up to 1,000"."""
    name = many(metric)
    label = name[:1].upper() + name[1:] if metric in _METRICS else name
    return f"{label}, {reach}" if reach else label


def money(amount: Decimal, voice: Voice) -> str:
    """Return an exact rate with its currency: at least two decimals, never rounded, never an exponent."""
    return f"{_with_cents(plain(amount))} {voice.currency}"


def rate(amount: Decimal, voice: Voice) -> str:
    return "free" if amount == 0 else money(amount, voice)


def cost_text(amount: Decimal, voice: Voice) -> str:
    """Return a computed cost: cents from 1 on, four decimals below, at least four significant digits under a cent."""
    if amount == 0:
        places = 2
    else:
        magnitude = amount.adjusted()
        places = 2 if magnitude >= 0 else 4 if magnitude >= -2 else 3 - magnitude
    return money(amount.quantize(Decimal(1).scaleb(-places), context=ARITHMETIC), voice)


def whole(number: int) -> str:
    return f"{number:,}"


def joined(parts: Sequence[str], last: str) -> str:
    """Join with commas and one closing word: "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def clause(price: Price, voice: Voice) -> str:
    """Return the words of a child, in brackets where it has parts of its own."""
    text = price.words(voice)
    return f"({text})" if price.is_compound() else text


def _with_cents(text: str) -> str:
    whole_part, _, fraction = text.partition(".")
    return f"{whole_part}.{fraction.ljust(2, '0')}"
