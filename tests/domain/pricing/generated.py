"""Seeded random prices and usages, valid for us and for the sellers' own calculator."""

from __future__ import annotations

from random import Random

TOKEN_TYPES = ("one_million_tokens", "one_thousand_tokens", "one_token")
UNIT_TYPES = (
    *("one_second", "one_minute", "one_hour", "one_day", "one_month"),
    *("one_thousand", "one_million", "image", "step"),
    *("one_character", "one_thousand_characters", "one_million_characters"),
)
DATA_TYPES = ("one_byte", "one_kilobyte", "one_megabyte", "one_gigabyte")
COMPOSITES = ("add", "multiply", "max", "min", "first", "tiered", "graduated", "channel")
CHANNELS = ("managed", "byok", "byoe")

WHOLE_METRICS = (
    *("input_tokens", "output_tokens", "cached_input_tokens", "total_tokens", "one_token"),
    *("bytes_in", "bytes_out", "count", "images_generated", "characters", "one_character"),
)
FRACTION_METRICS = (
    *("one_thousand_tokens", "one_million_tokens", "seconds", "duration_seconds", "one_second", "one_minute"),
    *("one_hour", "one_day", "one_month", "one_byte", "one_kilobyte", "one_megabyte", "one_gigabyte"),
    *("one_thousand", "one_million", "one_thousand_characters", "one_million_characters"),
)


class Generator:
    """Prices and usages from one seed. payout: also shares, expressions and the numbers of a billing period."""

    def __init__(self, seed: int, *, payout: bool = True) -> None:
        self.random = Random(seed)
        self.payout = payout

    def decimal(self) -> str:
        digits = self.random.choice((0, 1, 2, 4, 8))
        number = self.random.randint(0, 10 ** self.random.randint(1, 5))
        text = str(number) if digits == 0 else f"{number}.{self.random.randint(0, 10**digits - 1):0{digits}d}"
        return f"-{text}" if self.payout and self.random.random() < 0.1 else text

    def price(self, depth: int = 3) -> dict[str, object]:
        roll = self.random.random()
        if depth > 1 and roll < 0.5:
            return self.composite(depth)
        if roll < 0.65:
            return self.token_price()
        if roll < 0.85:
            return {"type": self.random.choice(UNIT_TYPES), "price": self.decimal()}
        if roll < 0.92:
            return self.data_price()
        if self.payout and roll < 0.96:
            return self.payout_price()
        return {"type": "constant", "price": self.decimal()}

    def token_price(self) -> dict[str, object]:
        price: dict[str, object] = {"type": self.random.choice(TOKEN_TYPES)}
        if self.random.random() < 0.4:
            return {**price, "price": self.decimal()}
        price |= {"input": self.decimal(), "output": self.decimal()}
        return price if self.random.random() < 0.5 else {**price, "cached_input": self.decimal()}

    def data_price(self) -> dict[str, object]:
        price: dict[str, object] = {"type": self.random.choice(DATA_TYPES), "price": self.decimal()}
        if self.random.random() < 0.6:
            price["based_on"] = self.random.choice(("bytes_out", "bytes_in", "bytes_total"))
        return price

    def payout_price(self) -> dict[str, object]:
        if self.random.random() < 0.5:
            return {"type": "revenue_share", "percentage": str(self.random.randint(0, 100))}
        return {"type": "expr", "expr": self.expression()}

    def composite(self, depth: int) -> dict[str, object]:
        kind = self.random.choice(COMPOSITES)
        if kind == "multiply":
            return {"type": kind, "factor": self.decimal(), "base": self.price(depth - 1)}
        if kind == "channel":
            names = CHANNELS[: self.random.randint(1, 3)]
            channels = {name: self.price(depth - 1) for name in names}
            return {"type": kind, "default": self.random.choice(names), "channels": channels}
        if kind == "tiered":
            tiers = [{"up_to": limit, "price": self.price(depth - 1)} for limit in self.limits()]
            return {"type": kind, "based_on": self.based_on(), "tiers": tiers}
        if kind == "graduated":
            slices = [{"up_to": limit, "unit_price": self.decimal()} for limit in self.limits()]
            return {"type": kind, "based_on": self.based_on(), "tiers": slices}
        return {"type": kind, "prices": [self.price(depth - 1) for _ in range(self.random.randint(1, 3))]}

    def limits(self) -> list[int | None]:
        finite = sorted(self.random.sample((0, 1, 10, 60, 1000, 10_000, 1_000_000), self.random.randint(0, 3)))
        return [*finite, None]

    def based_on(self) -> str:
        return self.metric() if self.random.random() < 0.6 else self.expression()

    def metric(self) -> str:
        payout = ("request_count", "customer_charge") if self.payout else ()
        return self.random.choice((*WHOLE_METRICS, *FRACTION_METRICS, *payout))

    def expression(self, depth: int = 3) -> str:
        roll = self.random.random()
        if depth == 0 or roll < 0.3:
            return self.random.choice((self.metric(), str(self.random.randint(0, 1000)), "0.5", "1e3", "1_000", ".25"))
        if roll < 0.4:
            return f"-({self.expression(depth - 1)})"
        operator = self.random.choice(("+", "-", "*", "/"))
        return f"({self.expression(depth - 1)} {operator} {self.expression(depth - 1)})"

    def usage(self) -> dict[str, object]:
        usage: dict[str, object] = {}
        for name in self.random.sample(WHOLE_METRICS, self.random.randint(0, 5)):
            usage[name] = self.random.choice((0, 1, self.random.randint(0, 10**6)))
        for name in self.random.sample(FRACTION_METRICS, self.random.randint(0, 4)):
            usage[name] = self.random.choice((0, 60, 0.1, self.random.random() * 1000, self.random.randint(0, 5000)))
        return usage
