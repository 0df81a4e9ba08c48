"""Subscription plans of a listing: `service_options.plans` and `service_options.plan_required`.

The sellers' published client knows neither key and refuses both when it validates; it lets an offering's `details`
hold anything. So both keys may stand there as well, and are moved.
"""

from __future__ import annotations

from domain import plans as terms
from domain.pricing import InvalidDecimal, parse_decimal
from marketplace.catalog.files.fields import Field, boolean, check_object, object_of, one_of, text, whole_number
from marketplace.catalog.files.names import SLUG
from marketplace.catalog.files.prices import is_subscription
from marketplace.catalog.files.problems import Findings, JsonObject, shown

KEYS = ("plans", "plan_required")
_MOST_PLANS = 20
_HIGHEST_FEE = 10**9
#: The places that the books keep.
_PLACES = 12


def moved(offering: JsonObject, listing: JsonObject, found: Findings) -> tuple[JsonObject, JsonObject]:
    """Return both parts with the plans among the options of the listing. found: of the listing's options."""
    details, options = offering.get("details"), listing.get("service_options") or {}
    if not isinstance(details, dict) or not isinstance(options, dict) or not details.keys() & set(KEYS):
        return offering, listing
    for key in KEYS:
        if key in details and key in options:
            found.at(key).error("stands here and in the offering's details", "Keep one of them", type="duplicate")
    options = {**{key: details[key] for key in KEYS if details.get(key) is not None}, **options}
    rest = {key: value for key, value in details.items() if key not in KEYS}
    return {**offering, "details": rest}, {**listing, "service_options": options}


def check_plans(value: object, found: Findings) -> None:
    """Check the plans: their fields, and that each has a name of its own."""
    if not isinstance(value, list):
        found.error(f"must be a list of plans (got {shown(value)})", type="type_error")
        return
    if not 1 <= len(value) <= _MOST_PLANS:
        found.error(f"1 to {_MOST_PLANS} plans (got {len(value)})", type="length")
    names: list[object] = []
    for index, plan in enumerate(value[:_MOST_PLANS]):
        check_object(plan, _FIELDS, found.at(index))
        name = plan.get("name") if isinstance(plan, dict) else None
        if isinstance(name, str) and name in names:
            found.at(index, "name").error(f"{shown(name)} is there twice", "Give each a name", type="duplicate")
        names.append(name)


def check_with_price(listing: JsonObject, found: Findings) -> None:
    """Check that plans and list price fit: the price is what calls beyond a plan cost. found: of the listing."""
    options = listing.get("service_options")
    options = options if isinstance(options, dict) else {}
    price, here = listing.get("list_price"), found.at("service_options", "plans")
    if options.get("plan_required") is True and not options.get("plans"):
        found.at("service_options", "plan_required").error("there are no plans", "Give plans", type="plans")
    if not options.get("plans"):
        return
    if price is None:
        here.error("plans need a list_price", "State what calls beyond a plan cost", type="plans")
    elif is_subscription(price):
        here.error(
            "the list_price asks for a sum per month as well",
            "State the fee in the plans, and in list_price what calls beyond them cost",
            type="plans",
        )


def _name(value: object, found: Findings) -> None:
    if not isinstance(value, str) or not SLUG.match(value) or len(value) > 100:
        found.error(
            f"1 to 100 lowercase letters, digits, '-', '_' (got {shown(value)})", "Write it like pro", type="name"
        )
    elif value == terms.FLAT_PLAN:
        found.error(f"{shown(value)} stands for a list_price per month", "Choose another name", type="name")


def _fee(value: object, found: Findings) -> None:
    """Check an amount of money per month. Numbers are taken by their shortest text, as prices are."""
    written = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(written, str):
        found.error(f"must be an amount as text (got {shown(value)})", 'Write it like "20.00"', type="type_error")
        return
    try:
        fee = parse_decimal(written)
    except InvalidDecimal as error:
        found.error(str(error), type="decimal")
        return
    if not 0 <= fee <= _HIGHEST_FEE:
        found.error(f"must be between 0 and 1,000,000,000 (got {shown(value)})", type="out_of_range")
    elif fee != round(fee, _PLACES):
        found.error(f"at most {_PLACES} decimal places (got {shown(value)})", type="out_of_range")


_INCLUDED = {
    "metric": Field(one_of(terms.METRICS), required=True),
    "quantity": Field(whole_number(1), required=True),
}
_FIELDS = {
    "name": Field(_name, required=True),
    "display_name": Field(text(200)),
    "description": Field(text(500)),
    "monthly_fee": Field(_fee, required=True),
    "included": Field(object_of(_INCLUDED)),
}

#: What the options of a listing check: {key: check}.
OPTIONS = {"plans": check_plans, "plan_required": boolean}
