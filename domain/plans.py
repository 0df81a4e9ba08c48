"""Subscription plans: a monthly fee, what it includes, and the exact arithmetic of changing from one to another.

A plan says what a customer pays each month and how much of one metric that includes. What goes beyond is charged at the
price that the customer accepted for calls, and so is everything the plan does not include.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Any

from domain import periods, pricing
from domain.money import rounded
from domain.pricing import words
from domain.pricing.answers import Voice
from domain.pricing.usage_metrics import TOKEN_COUNTERS
from domain.promotions import REQUESTS, TOKENS

#: The metric of a plan that includes every call: a list price that is nothing but a sum per month.
EVERYTHING = "everything"
#: What a plan may include a quantity of.
METRICS = (
    REQUESTS,
    TOKENS,
    "input_tokens",
    "output_tokens",
    "images_generated",
    "count",
    "characters",
    "seconds",
    "bytes_in",
    "bytes_out",
)
#: The plan that such a list price stands for.
FLAT_PLAN = "monthly"

#: Metrics that are words of many already.
_PLURALS = frozenset({REQUESTS, TOKENS})
_MICROSECOND = timedelta(microseconds=1)
_FREE_CALLS: dict[str, Any] = {"type": "constant", "price": "0", "description": "Included in the monthly fee"}

File = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What a plan says. fee: per month. metric, quantity: what it includes; "" and 0 when it includes nothing."""

    key: str
    name: str
    description: str
    fee: Decimal
    metric: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Offered:
    """The plans of a listing, cheapest first. is_required: calls without a plan are not sold."""

    plans: tuple[PlanTerms, ...]
    is_required: bool


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What changing to a dearer plan within a period costs, and the quota that comes on top for the rest of it.

    credited: of the old fee; charged: of the new one.
    """

    credited: Decimal
    charged: Decimal
    quantity: Decimal

    @property
    def due(self) -> Decimal:
        return self.charged - self.credited


def is_flat(list_price: File | None) -> bool:
    """Return whether a list price is nothing but a sum per month: then it is the fee of a plan with every call."""
    return bool(list_price) and list_price is not None and list_price.get("type") == "one_month"


def usage_price(list_price: File) -> dict[str, Any]:
    """Return the price of the calls of a service: its list price, or nothing when that is a sum per month."""
    return dict(_FREE_CALLS if is_flat(list_price) else list_price)


def offered(listing: File) -> Offered:
    """Return the plans of a checked listing in the current form."""
    price = listing.get("list_price")
    if isinstance(price, Mapping) and is_flat(price):
        name, about = "Monthly", str(price.get("description") or "").partition("|")[0].strip()
        flat = PlanTerms(FLAT_PLAN, name, about[:500], rounded(Decimal(str(price["price"]))), EVERYTHING, Decimal(0))
        return Offered((flat,), is_required=True)
    options = listing.get("service_options")
    options = options if isinstance(options, Mapping) else {}
    plans = options.get("plans")
    read = [_terms(each) for each in plans] if isinstance(plans, list) else []
    return Offered(tuple(sorted(read, key=lambda each: (each.fee, each.key))), options.get("plan_required") is True)


def _terms(plan: File) -> PlanTerms:
    included = plan.get("included") or {}
    return PlanTerms(
        key=plan["name"],
        name=plan.get("display_name") or plan["name"],
        description=plan.get("description") or "",
        fee=rounded(Decimal(str(plan["monthly_fee"]))),
        metric=included.get("metric", ""),
        quantity=Decimal(str(included.get("quantity", 0))),
    )


def boundary(anchored_at: datetime, zone: str, months: int) -> datetime:
    """Return when the period that begins `months` after the first one begins, in UTC.

    It is the anchor's day of the month and its time of the day in that zone: the last day in months that are shorter,
    the later time where clocks are put forward over it, the first one where it happens twice.
    """
    if not months:
        return anchored_at
    local = anchored_at.astimezone(periods.zone(zone))
    day = periods.add_months(local.date(), months)
    return local.replace(year=day.year, month=day.month, day=day.day, fold=0).astimezone(UTC)


def share_left(starts_at: datetime, ends_at: datetime, now: datetime) -> tuple[int, int]:
    """Return the part of a period that is left, as (microseconds left, microseconds in all)."""
    left = (ends_at - min(max(now, starts_at), ends_at)) // _MICROSECOND
    return left, (ends_at - starts_at) // _MICROSECOND


def prorated(amount: Decimal, share: tuple[int, int]) -> Decimal:
    """Return that part of an amount, rounded once to the places of the books. 30 over (1, 3) is 10."""
    with localcontext() as context:
        context.prec = 60
        return rounded(amount * share[0] / share[1])


def upgrade(*, old: PlanTerms, new: PlanTerms, share: tuple[int, int]) -> Upgrade:
    """Return what changing from `old` to `new` costs when `share` of the period is left, and the quota on top.

    The unused part of the old fee is credited, the same part of the new fee is charged. What is left of the old quota
    stays; the same part of the difference of both quotas comes on top, rounded up to a whole unit.
    Source: docs/algorithms/subscriptions.md, "Upgrades".
    """
    more = prorated(max(new.quantity - old.quantity, Decimal(0)), share).to_integral_value(ROUND_CEILING)
    return Upgrade(prorated(old.fee, share), prorated(new.fee, share), more)


def may_change_at_once(*, old: PlanTerms, new: PlanTerms) -> bool:
    """Return whether a change is an upgrade: dearer, and with no less of the same metric."""
    includes_as_much = not old.metric or (new.metric == old.metric and new.quantity >= old.quantity)
    return new.fee > old.fee and includes_as_much


def is_no_worse(*, old: PlanTerms, new: PlanTerms) -> bool:
    """Return whether nobody who has `old` can mind `new`: no dearer, and with no less of the same metric."""
    includes_as_much = not old.metric or (new.metric == old.metric and new.quantity >= old.quantity)
    return new.fee <= old.fee and includes_as_much


def covers_whole_calls(metric: str, price: File) -> bool:
    """Return whether a call surely costs nothing while a quota of this metric lasts.

    A quota of calls covers every call. One of tokens covers calls that are priced by nothing but tokens. Of any other
    metric a call may use none, and cost something all the same.
    """
    if metric in {REQUESTS, EVERYTHING}:
        return True
    if metric not in {TOKENS, "input_tokens"}:
        return False
    compiled = pricing.compile(price)
    needs = compiled.needs()
    return bool(needs) and needs <= set(TOKEN_COUNTERS) and compiled.cost(dict.fromkeys(needs, 0)) == 0


def sentence(terms: PlanTerms, currency: str) -> str:
    """Return what a plan costs and includes, in words."""
    fee = f"{words.money(terms.fee, Voice(currency, 'month'))} a month" if terms.fee else "No monthly fee"
    if terms.metric == EVERYTHING:
        return f"{fee}, every call included."
    if not terms.quantity:
        return f"{fee}, and each call at its price."
    return f"{fee}, with {quantity_text(terms.quantity, terms.metric)} included."


def quantity_text(quantity: Decimal, metric: str) -> str:
    """Return a quantity with its metric, such as "10,000 requests"."""
    number = f"{quantity:,.12f}".rstrip("0").rstrip(".")
    return f"{number} {words.one(metric) if quantity == 1 and metric not in _PLURALS else words.many(metric)}"
