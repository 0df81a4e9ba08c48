"""One attempt to pay with a card: the bank pays, declines, or wants its owner."""

from __future__ import annotations

import copy
from typing import Any

from tests.fakes.stripe.cards import MESSAGES, Authentication
from tests.fakes.stripe.errors import card_error, invalid
from tests.fakes.stripe.resources import charges, disputes, payment_methods
from tests.fakes.stripe.tables import Object
from tests.fakes.stripe.world import World

_AUTHENTICATION = ("authentication_required", "authentication_required")


def card_options() -> dict[str, Any]:
    """Return the options of cards as they are when nobody set any."""
    return {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }


def usable(world: World, method_id: str, customer: str | None) -> Object:
    """Return the card that a customer pays with. Raises: Refused, when it is somebody else's."""
    method = payment_methods.resolved(world, method_id)
    if method["customer"] not in (None, customer):
        whose = (
            f"The provided PaymentMethod ({method_id}) is attached to a Customer. You must also include the customer "
            "when using this PaymentMethod."
            if customer is None
            else f"The customer does not have a payment method with the ID {method_id}. The payment method must be "
            "attached to the customer."
        )
        raise invalid(whose, param="payment_method", code="resource_missing" if customer else None)
    if world.tables.hidden(method["id"]).get("was_detached"):
        raise invalid(
            "The provided PaymentMethod was detached from a Customer. It may not be used again.",
            param="payment_method",
            code="payment_method_unexpected_state",
        )
    return method


def choose(intent: Object, method: Object) -> None:
    """Set the card that the next attempt uses."""
    intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)


def confirm(world: World, intent: Object, *, off_session: bool, return_url: str | None) -> None:
    """Ask the bank. Raises: Refused, when it declines; the intent is changed all the same."""
    method_id = intent["payment_method"]
    if method_id is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    if _wants_its_owner(world, method_id, off_session=off_session):
        if off_session:
            decline(world, intent, _AUTHENTICATION)
        world.tables.hidden(intent["id"])["return_url"] = return_url
        intent.update(status="requires_action", next_action=_next_action(world, intent, return_url))
        world.announce("payment_intent.requires_action", intent)
        return
    settle(world, intent)


def _wants_its_owner(world: World, method_id: str, *, off_session: bool) -> bool:
    card = payment_methods.card_of(world, method_id)
    if card.authentication is Authentication.UNLESS_SET_UP:
        return not (off_session and world.tables.hidden(method_id).get("is_set_up"))
    return card.authentication is Authentication.ALWAYS


def _next_action(world: World, intent: Object, return_url: str | None) -> dict[str, Any]:
    if return_url is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = f"{world.url}/authenticate/{intent['id']}"
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}


def settle(world: World, intent: Object) -> None:
    """Let the bank decide, its owner asked or not. Raises: Refused, when it declines."""
    method = world.tables.get("payment_method", intent["payment_method"])
    card = payment_methods.card_of(world, method["id"])
    if card.decline is not None:
        decline(world, intent, card.decline)
    charge = charges.succeed(world, intent, method)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    world.announce("payment_intent.succeeded", intent)
    if intent["setup_future_usage"] == "off_session" and intent["customer"] is not None:
        world.tables.hidden(method["id"])["is_set_up"] = True
        payment_methods.attach_to(world, method["id"], intent["customer"])
    if card.dispute:
        disputes.open_for(world, charge, reason=card.dispute, is_inquiry=card.is_inquiry)


def decline(world: World, intent: Object, failure: tuple[str, str]) -> None:
    """Note the decline, and raise it as the error that the caller gets."""
    code, reason = failure
    method = world.tables.get("payment_method", intent["payment_method"])
    charge = charges.fail(world, intent, method, failure)
    # what Stripe says of an attempt without its owner has no decline code of a bank, yet repeats the code there
    told = {
        "charge": charge["id"],
        "code": code,
        "decline_code": reason,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": MESSAGES[reason],
        "payment_method": copy.deepcopy(method),
        "type": "card_error",
    }
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        last_payment_error=told,
        next_action=None,
    )
    world.announce("payment_intent.payment_failed", intent)
    raise card_error(
        MESSAGES[reason],
        code=code,
        decline_code=reason,
        charge=charge["id"],
        payment_intent=copy.deepcopy(intent),
        payment_method=copy.deepcopy(method),
    )


def refuse_authentication(world: World, intent: Object) -> None:
    """Let the owner fail the bank's check; the intent waits for another card."""
    method = world.tables.get("payment_method", intent["payment_method"])
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_payment_error={
            "code": "payment_intent_authentication_failure",
            "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
            "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a "
            "new PaymentMethod to attempt to fulfill this PaymentIntent again.",
            "payment_method": copy.deepcopy(method),
            "type": "invalid_request_error",
        },
    )
    world.announce("payment_intent.payment_failed", intent)
