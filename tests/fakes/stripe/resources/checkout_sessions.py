"""Checkout sessions: a hosted page that saves a card, or takes a payment and saves its card."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.errors import invalid, malformed
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.resources import payment_intents, setup_intents
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_DAY = 86_400
_CREATE = (
    "mode",
    "customer",
    "client_reference_id",
    "success_url",
    "cancel_url",
    "metadata",
    "allowed_payment_method_types",
    "line_items",
    "payment_intent_data",
    "setup_intent_data",
    "expires_at",
    "submit_type",
    "currency",
)


@endpoint("POST", "/v1/checkout/sessions")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*_CREATE)
    mode = params.choice("mode", ("payment", "setup")) or params.required("mode")
    success_url = params.required("success_url")
    if params.words("allowed_payment_method_types") not in ([], ["card"]):
        raise malformed("This account takes cards only.", param="allowed_payment_method_types")
    if mode == "setup" and not ("currency" in params or "allowed_payment_method_types" in params):
        raise malformed("You must provide `currency` in setup mode.", param="currency", code="parameter_missing")
    customer = params.text("customer")
    if customer is not None:
        world.tables.get("customer", customer, param="customer")
    session = world.tables.add(_session(world, params, mode, success_url, customer))
    session["url"] = f"{world.url}/checkout/{session['id']}"
    if mode == "payment":
        _take_payment(world, session, params)
    else:
        _save_card(world, session, params)
    return session


def _take_payment(world: World, session: Object, params: Params) -> None:
    items = params.tables("line_items")
    if not items:
        raise malformed("You must provide `line_items`.", param="line_items")
    priced = [_priced(item.only("price_data", "quantity")) for item in items]
    (currency,) = {currency for _, currency, _ in priced}
    total = sum(amount for amount, _, _ in priced)
    payment_intents.check_amount(total, currency)
    session.update(amount_subtotal=total, amount_total=total, currency=currency)
    wanted = params.table("payment_intent_data").only("setup_future_usage", "metadata", "description")
    kept = world.tables.hidden(session["id"])
    kept["setup_future_usage"] = wanted.choice("setup_future_usage", ("on_session", "off_session"))
    kept["metadata"], kept["description"] = wanted.metadata(), wanted.text("description")
    kept["names"] = [name for _, _, name in priced]


def _priced(item: Params) -> tuple[int, str, str]:
    """Return the amount, the currency and the name of a line."""
    price = item.table("price_data").only("currency", "unit_amount", "product_data")
    product = price.table("product_data").only("name", "description")
    quantity = item.integer("quantity") or 1
    return price.amount("unit_amount") * quantity, price.required("currency").lower(), product.required("name")


def _save_card(world: World, session: Object, params: Params) -> None:
    wanted = params.table("setup_intent_data").only("metadata", "description")
    intent = setup_intents.make(world, customer=session["customer"], metadata=wanted.metadata())
    session["setup_intent"] = intent["id"]


def _session(world: World, params: Params, mode: str, success_url: str, customer: str | None) -> Object:
    return {
        "id": new_id("cs_test", 58),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": None,
        "amount_total": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.text("cancel_url"),
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": world.now(),
        "currency": params.text("currency"),
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": customer,
        "customer_creation": None if customer or mode == "setup" else "if_required",
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": _expiry(world, params),
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": None,
        "metadata": params.metadata(),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always" if mode == "setup" else "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "redirect_on_completion": "always",
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.text("submit_type"),
        "subscription": None,
        "success_url": success_url,
        "total_details": None if mode == "setup" else {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
    }


def _expiry(world: World, params: Params) -> int:
    wanted = params.integer("expires_at")
    if wanted is None:
        return world.now() + _DAY
    if not world.now() + 30 * 60 - 60 <= wanted <= world.now() + _DAY:
        raise malformed(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from creation.",
            param="expires_at",
        )
    return wanted


def expire_late(world: World) -> None:
    """Let every open session expire whose time is over."""
    for session in world.tables.newest_first("checkout.session", lambda row: row["status"] == "open"):
        if session["expires_at"] <= world.now():
            _expire(world, session)


def _expire(world: World, session: Object) -> None:
    session.update(status="expired", url=None)
    world.announce("checkout.session.expired", session)


@endpoint("POST", "/v1/checkout/sessions/{id}/expire")
def expire(world: World, request: Request, id: str) -> dict[str, Any]:
    request.params.only()
    session = world.tables.get("checkout.session", id, param="session")
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`.",
        )
    _expire(world, session)
    return session


@endpoint("GET", "/v1/checkout/sessions/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    expire_late(world)
    return world.tables.get("checkout.session", id, param="session")


@endpoint("GET", "/v1/checkout/sessions")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "customer", "payment_intent", "status")
    expire_late(world)
    wanted = {name: params.text(name) for name in ("customer", "payment_intent", "status") if name in params}
    rows = world.tables.newest_first(
        "checkout.session", lambda row: all(row[name] == value for name, value in wanted.items())
    )
    return page(params, rows, "/v1/checkout/sessions")
