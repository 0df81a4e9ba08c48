"""Setup intents: a card saved for charges without its owner."""

from __future__ import annotations

import copy
from typing import Any

from tests.fakes.stripe.cards import MESSAGES, Authentication
from tests.fakes.stripe.errors import card_error, invalid, malformed
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.resources import payment_methods
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World


def make(world: World, *, customer: str | None, metadata: dict[str, str], usage: str = "off_session") -> Object:
    """Keep a new setup intent, with no card yet."""
    id = new_id("seti")
    intent = world.tables.add(
        {
            "id": id,
            "object": "setup_intent",
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "client_secret": new_id(f"{id}_secret"),
            "created": world.now(),
            "customer": customer,
            "description": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": metadata,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_options": {"card": {"mandate_options": None, "network": None}},
            "payment_method_types": ["card"],
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": usage,
        }
    )
    world.announce("setup_intent.created", intent)
    return intent


@endpoint("POST", "/v1/setup_intents")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(
        "customer", "payment_method", "allowed_payment_method_types", "confirm", "usage", "metadata", "return_url"
    )
    if params.words("allowed_payment_method_types") not in ([], ["card"]):
        raise malformed("This account takes cards only.", param="allowed_payment_method_types")
    customer = params.text("customer")
    if customer is not None:
        world.tables.get("customer", customer, param="customer")
    usage = params.choice("usage", ("off_session", "on_session"), "off_session") or "off_session"
    intent = make(world, customer=customer, metadata=params.metadata(), usage=usage)
    if method := params.text("payment_method"):
        choose(world, intent, payment_methods.resolved(world, method))
    if params.flag("confirm"):
        confirm(world, intent, return_url=params.text("return_url"))
    return intent


@endpoint("POST", "/v1/setup_intents/{id}/confirm")
def confirm_(world: World, request: Request, id: str) -> dict[str, Any]:
    params = request.params.only("payment_method", "return_url")
    intent = world.tables.get("setup_intent", id, param="intent")
    if method := params.text("payment_method"):
        choose(world, intent, payment_methods.resolved(world, method))
    confirm(world, intent, return_url=params.text("return_url"))
    return intent


@endpoint("POST", "/v1/setup_intents/{id}/cancel")
def cancel(world: World, request: Request, id: str) -> dict[str, Any]:
    reasons = ("abandoned", "duplicate", "requested_by_customer")
    reason = request.params.only("cancellation_reason").choice("cancellation_reason", reasons)
    intent = world.tables.get("setup_intent", id, param="intent")
    if intent["status"] in ("succeeded", "canceled"):
        raise _unexpected(intent, "cancel")
    intent.update(status="canceled", cancellation_reason=reason)
    world.announce("setup_intent.canceled", intent)
    return intent


def choose(world: World, intent: Object, method: Object) -> None:
    """Set the card that is to be saved."""
    intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)


def confirm(world: World, intent: Object, *, return_url: str | None, authenticated: bool = False) -> None:
    """Ask the bank, and attach the card. Raises: Refused, when it declines; the intent is changed all the same."""
    if intent["status"] in ("succeeded", "canceled") or intent["payment_method"] is None:
        raise _unexpected(intent, "confirm")
    method = world.tables.get("payment_method", intent["payment_method"])
    card = payment_methods.card_of(world, method["id"])
    if card.authentication is not Authentication.NEVER and not authenticated:
        url = f"{world.url}/authenticate/{intent['id']}"
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
        world.announce("setup_intent.requires_action", intent)
        return
    if not card.attaches and card.decline:
        _decline(world, intent, method, card.decline)
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    world.tables.hidden(method["id"])["is_set_up"] = True
    if intent["customer"] is not None:
        payment_methods.attach_to(world, method["id"], intent["customer"])
    world.announce("setup_intent.succeeded", intent)


def _decline(world: World, intent: Object, method: Object, failure: tuple[str, str]) -> None:
    code, reason = failure
    told = {"code": code, "decline_code": reason, "message": MESSAGES[reason], "type": "card_error"}
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_setup_error={**told, "payment_method": copy.deepcopy(method)},
    )
    world.announce("setup_intent.setup_failed", intent)
    raise card_error(MESSAGES[reason], code=code, decline_code=reason, setup_intent=copy.deepcopy(intent))


def refuse_authentication(world: World, intent: Object) -> None:
    """Let the owner fail the bank's check; the intent waits for another card."""
    told = {
        "code": "setup_intent_authentication_failure",
        "message": "The latest attempt to set up the payment method has failed because authentication failed.",
        "type": "invalid_request_error",
    }
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_setup_error=told)
    world.announce("setup_intent.setup_failed", intent)


def _unexpected(intent: Object, verb: str) -> Exception:
    return invalid(
        f"You cannot {verb} this SetupIntent because it has a status of {intent['status']}.",
        code="setup_intent_unexpected_state",
    )


@endpoint("GET", "/v1/setup_intents/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("setup_intent", id, param="intent")


@endpoint("GET", "/v1/setup_intents")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "customer", "payment_method")
    customer = params.text("customer")
    rows = world.tables.newest_first("setup_intent", lambda row: customer in (None, row["customer"]))
    return page(params, rows, "/v1/setup_intents")
