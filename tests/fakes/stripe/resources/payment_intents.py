"""Payment intents: one payment, however many attempts it takes."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe import attempts, books
from tests.fakes.stripe.errors import invalid, malformed
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_CREATE = (
    "amount",
    "currency",
    "customer",
    "payment_method",
    "allowed_payment_method_types",
    "confirm",
    "off_session",
    "metadata",
    "description",
    "return_url",
    "setup_future_usage",
    "error_on_requires_action",
)


def make(
    world: World,
    *,
    amount: int,
    currency: str,
    customer: str | None,
    metadata: dict[str, str],
    description: str | None = None,
    setup_future_usage: str | None = None,
) -> Object:
    """Keep a new payment intent, with no card yet."""
    id = new_id("pi")
    intent = world.tables.add(
        {
            "id": id,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": new_id(f"{id}_secret"),
            "confirmation_method": "automatic",
            "created": world.now(),
            "currency": currency,
            "customer": customer,
            "description": description,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": metadata,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_options": {"card": attempts.card_options()},
            "payment_method_types": ["card"],
            "payment_record": None,
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": setup_future_usage,
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
        }
    )
    world.announce("payment_intent.created", intent)
    return intent


@endpoint("POST", "/v1/payment_intents")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*_CREATE)
    amount, currency = params.amount(), params.required("currency").lower()
    check_amount(amount, currency)
    if params.words("allowed_payment_method_types") not in ([], ["card"]):
        raise malformed("This account takes cards only.", param="allowed_payment_method_types")
    customer = params.text("customer")
    if customer is not None:
        world.tables.get("customer", customer, param="customer")
    if params.flag("off_session") and not params.flag("confirm"):
        raise malformed("You can only set `off_session` when `confirm` is `true`.", param="off_session")
    method = params.text("payment_method")
    chosen = attempts.usable(world, method, customer) if method else None
    intent = make(
        world,
        amount=amount,
        currency=currency,
        customer=customer,
        metadata=params.metadata(),
        description=params.text("description"),
        setup_future_usage=params.choice("setup_future_usage", ("on_session", "off_session")),
    )
    if chosen is not None:
        attempts.choose(intent, chosen)
    if params.flag("confirm"):
        _confirm(world, intent, params)
    return intent


def check_amount(amount: int, currency: str) -> None:
    """Refuse what no card can be charged with."""
    if amount < books.smallest_charge(currency):
        raise malformed("Amount must be at least $0.50 usd", param="amount", code="amount_too_small")
    if not books.is_chargeable(amount, currency):
        raise malformed(f"Invalid amount: the last digit in {currency} must be 0.", param="amount")


@endpoint("POST", "/v1/payment_intents/{id}/confirm")
def confirm(world: World, request: Request, id: str) -> dict[str, Any]:
    params = request.params.only("payment_method", "off_session", "return_url", "error_on_requires_action")
    intent = world.tables.get("payment_intent", id, param="intent")
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise _unexpected(intent, "confirm")
    if method := params.text("payment_method"):
        attempts.choose(intent, attempts.usable(world, method, intent["customer"]))
    _confirm(world, intent, params)
    return intent


def _confirm(world: World, intent: Object, params: Params) -> None:
    attempts.confirm(world, intent, off_session=params.flag("off_session"), return_url=params.text("return_url"))


@endpoint("POST", "/v1/payment_intents/{id}/cancel")
def cancel(world: World, request: Request, id: str) -> dict[str, Any]:
    reasons = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
    reason = request.params.only("cancellation_reason").choice("cancellation_reason", reasons)
    intent = world.tables.get("payment_intent", id, param="intent")
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise _unexpected(intent, "cancel")
    intent.update(status="canceled", canceled_at=world.now(), cancellation_reason=reason, next_action=None)
    world.announce("payment_intent.canceled", intent)
    return intent


def _unexpected(intent: Object, verb: str) -> Exception:
    return invalid(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )


@endpoint("GET", "/v1/payment_intents/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("payment_intent", id, param="intent")


@endpoint("GET", "/v1/payment_intents")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "customer")
    customer = params.text("customer")
    rows = world.tables.newest_first("payment_intent", lambda row: customer in (None, row["customer"]))
    return page(params, rows, "/v1/payment_intents")
