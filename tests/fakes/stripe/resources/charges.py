"""Charges: single attempts to move money, made by payment intents."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe import books
from tests.fakes.stripe.cards import MESSAGES
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.resources import payment_methods
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World


def succeed(world: World, intent: Object, method: Object) -> Object:
    """Charge the card, with its line in the books."""
    charge = world.tables.add(_charge(world, intent, method, failure=None))
    line = books.book(
        world,
        type="charge",
        category="charge",
        amount=charge["amount"],
        currency=charge["currency"],
        source=charge["id"],
        fee=books.charge_fee(charge["amount"], charge["currency"]),
        at_once=payment_methods.card_of(world, method["id"]).settles_at_once,
    )
    charge["balance_transaction"] = line["id"]
    world.announce("charge.succeeded", charge)
    return charge


def fail(world: World, intent: Object, method: Object, failure: tuple[str, str]) -> Object:
    """Note a charge that the bank declined. failure: code and decline code."""
    charge = world.tables.add(_charge(world, intent, method, failure=failure))
    world.announce("charge.failed", charge)
    return charge


def _charge(world: World, intent: Object, method: Object, failure: tuple[str, str] | None) -> Object:
    paid = failure is None
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "MARKETPLACE",
        "captured": paid,
        "created": world.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None if failure is None else failure[0],
        "failure_message": None if failure is None else MESSAGES[failure[1]],
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(failure),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(intent, method),
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer": None,
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(failure: tuple[str, str] | None) -> dict[str, Any]:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if failure is None else "declined_by_network",
        "reason": None if failure is None else failure[1],
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete." if failure is None else "The bank did not return any further details.",
        "type": "authorized" if failure is None else "issuer_declined",
    }


def _details(intent: Object, method: Object) -> dict[str, Any]:
    card = method["card"]
    kept = (
        "brand",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "regulated_status",
        "wallet",
    )
    details = {name: card[name] for name in kept}
    details |= {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "checks": card["checks"],
        "installments": None,
        "mandate": None,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "three_d_secure": None,
    }
    return {"card": details, "type": "card"}


@endpoint("GET", "/v1/charges/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("charge", id)


@endpoint("GET", "/v1/charges")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "customer", "payment_intent")
    customer, intent = params.text("customer"), params.text("payment_intent")
    rows = world.tables.newest_first(
        "charge", lambda row: customer in (None, row["customer"]) and intent in (None, row["payment_intent"])
    )
    return page(params, rows, "/v1/charges")
