"""A price in human words: one sentence, a table, and what an ordinary call costs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal

from domain.pricing.answers import Explanation, Voice
from domain.pricing.channel import ChannelPrice
from domain.pricing.compiled import CompiledPrice, compile
from domain.pricing.errors import PricingError
from domain.pricing.usage_metrics import BYTE_COUNTERS, GROUP_OF, TOKEN_COUNTERS
from domain.pricing.words import cost_text, joined, many, money, one

#: What an ordinary call uses of the plain counters.
_TYPICAL_TOKENS = {"input_tokens": 1000, "output_tokens": 500, "cached_input_tokens": 0, "total_tokens": 1500}
_TYPICAL_BYTES = 1024 * 1024
#: Of the small units of a group an ordinary call uses this many, of the larger ones just one.
_TYPICAL_UNITS = {
    "seconds": 60,
    "duration_seconds": 60,
    "one_second": 60,
    "one_minute": 1,
    "characters": 1000,
    "one_character": 1000,
    "one_token": 1500,
    "one_byte": _TYPICAL_BYTES,
    "one_kilobyte": 1024,
}
_TYPICAL_STEPS = 30
_TYPICAL_REQUESTS = 10_000
_TYPICAL_CHARGE = Decimal(100)


def explain(price: Mapping[str, object], currency: str = "USD") -> Explanation:
    """Say what a price means, however deeply it is nested. Amounts never show an exponent and always their currency.

    Raises: InvalidPrice.
    """
    compiled = compile(price)
    per = "billing period" if "request_count" in compiled.needs() else "request"
    voice = Voice(currency, per)
    sentence = compiled.root.words(voice)
    return Explanation(
        sentence=sentence[:1].upper() + sentence[1:] + ".",
        rows=compiled.root.rows(voice),
        typical=_typical(compiled, voice),
    )


def _typical(compiled: CompiledPrice, voice: Voice) -> str | None:
    needs = compiled.needs()
    if "customer_charge" in needs:
        return _typical_share(compiled, voice)
    usage, phrases = _typical_usage(compiled)
    requests = _TYPICAL_REQUESTS if "request_count" in needs else None
    if requests is not None:
        phrases.insert(0, f"{requests:,} requests")
    costs = _costs_by_channel(compiled, usage, requests)
    if not costs:
        return None
    dearest = max(costs, key=lambda channel: costs[channel])
    span = "billing period" if requests is not None else "call"
    of = f" ({joined(phrases, 'and')})" if phrases else ""
    through = f" through {dearest}" if len(costs) > 1 else ""
    return f"A typical {span}{of}{through} costs {cost_text(costs[dearest], voice)}"


def _costs_by_channel(
    compiled: CompiledPrice, usage: Mapping[str, object], requests: int | None
) -> dict[str | None, Decimal]:
    """Return the cost through every channel that has one; without channels just one, under None."""
    parts = [part for part in compiled.root.parts() if isinstance(part, ChannelPrice)]
    names: list[str | None] = list(dict.fromkeys(name for part in parts for name in part.channels))
    costs: dict[str | None, Decimal] = {}
    for name in names or [None]:
        with suppress(PricingError):
            costs[name] = compiled.cost(usage, request_count=requests, channel=name)
    return costs


def _typical_share(compiled: CompiledPrice, voice: Voice) -> str | None:
    try:
        cost = compiled.cost({}, customer_charge=_TYPICAL_CHARGE, request_count=_TYPICAL_REQUESTS)
    except PricingError:
        return None
    return f"Of a customer charge of {money(_TYPICAL_CHARGE, voice)} the share is {cost_text(cost, voice)}"


def _typical_usage(compiled: CompiledPrice) -> tuple[dict[str, object], list[str]]:
    """Return an ordinary usage of the metrics a price reads, and the words for it."""
    needs = compiled.needs()
    usage: dict[str, object] = {name: _TYPICAL_TOKENS[name] for name in TOKEN_COUNTERS if name in needs}
    phrases = _token_phrases(usage)
    for name in BYTE_COUNTERS:
        if name in needs:
            usage[name] = _TYPICAL_BYTES
            phrases.append(f"1 megabyte {'sent' if name == 'bytes_out' else 'received'}")
    for metric in sorted(needs & GROUP_OF.keys()):
        amount = _TYPICAL_UNITS.get(metric, 1)
        noun = one(metric) if amount == 1 else many(metric)
        if metric == "count":
            amount, noun = _typical_count({part.type for part in compiled.root.parts()})
        usage[metric] = amount
        phrases.append(noun if noun[0].isdigit() else f"{amount:,} {noun}")
    return usage, phrases


def _typical_count(types: set[str]) -> tuple[int, str]:
    if "image" in types:
        return 1, "image"
    return (_TYPICAL_STEPS, "steps") if "step" in types else (1, "unit")


def typical_usage(compiled: CompiledPrice) -> dict[str, int]:
    """Return what an ordinary call uses of each metric that a price reads."""
    usage, _ = _typical_usage(compiled)
    return {metric: amount for metric, amount in usage.items() if isinstance(amount, int)}


def _token_phrases(usage: Mapping[str, object]) -> list[str]:
    if "input_tokens" in usage and "output_tokens" in usage:
        return ["1,000 input and 500 output tokens"]
    return [f"{amount:,} {many(name)}" for name, amount in usage.items() if amount]
