"""The sellers' own calculator and ours give the same cost, to the last of 28 digits, wherever both define one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from unitysvc_core.models.pricing import UsageData, validate_pricing

from domain import pricing
from tests.domain.pricing.generated import CHANNELS, TOKEN_TYPES, Generator

PAIRS = 10_000
FAILED = "failed"


def types(price: object) -> Iterator[str]:
    if isinstance(price, dict):
        if isinstance(price.get("type"), str):
            yield price["type"]
        for value in price.values():
            yield from types(value)
    elif isinstance(price, list):
        for value in price:
            yield from types(value)


def documented_difference(price: dict[str, object], usage: dict[str, object]) -> str | None:
    """Return the rule by which the two differ on purpose; each rule has its own test beside this one."""
    used = set(types(price))
    if used & set(TOKEN_TYPES) and usage.keys() & set(TOKEN_TYPES):
        return "scaled token units pay token prices"
    if "step" in used and "count" not in usage and usage.keys() & {"images_generated", "one_thousand", "one_million"}:
        return "steps convert"
    return None


def our_cost(price, usage, **options):
    try:
        return pricing.cost(price, usage, **options)
    except pricing.InvalidPrice:
        raise
    except pricing.PricingError:
        return FAILED


def their_cost(price, usage, **options):
    try:
        return validate_pricing(price).calculate_cost(UsageData(**usage), **options)
    except ValueError:
        return FAILED


def test_ten_thousand_generated_pairs_cost_the_same():
    generator = Generator(seed=20_261_121)
    outcomes: Counter[str] = Counter()
    while outcomes["same cost"] + outcomes["both fail"] < PAIRS:
        price, usage = generator.price(), generator.usage()
        options = {
            "request_count": generator.random.choice((None, 0, 5, 5000)),
            "customer_charge": generator.random.choice((None, Decimal("12.34"))),
            "channel": generator.random.choice((None, "elsewhere", *CHANNELS)),
        }
        difference = documented_difference(price, usage)
        if difference:
            outcomes[difference] += 1
            continue
        ours = our_cost(price, usage, **options)
        try:
            theirs = their_cost(price, usage, **options)
        except ArithmeticError:
            outcomes["division by zero is an ordinary error"] += 1
            continue
        assert ours == theirs, (price, usage, options)
        outcomes["both fail" if ours is FAILED else "same cost"] += 1

    assert outcomes["same cost"] > 6_000
    assert len(outcomes) == 5


def test_generated_prices_have_the_same_catalogue_figures():
    generator = Generator(seed=7)
    for _ in range(3_000):
        price = generator.price()
        theirs = validate_pricing(price)
        nominal, effective = pricing.nominal(price), pricing.effective(price)
        expected = theirs.effective_price()

        assert (nominal.shown if nominal else None) == theirs.price, price
        assert (nominal.description if nominal else None) == theirs.description, price
        if expected is None:
            assert effective is None, price
        else:
            assert effective is not None, price
            assert (effective.amount, effective.unit, effective.source) == (
                expected.amount,
                expected.unit,
                expected.source,
            ), price
