"""Refunds: money back to the card. Some are pending first, some fail after they had succeeded."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe import books
from tests.fakes.stripe.errors import invalid, malformed, missing
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.resources import payment_methods
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@endpoint("POST", "/v1/refunds")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only("payment_intent", "charge", "amount", "reason", "metadata")
    charge = _charge(world, params)
    amount = params.amount() if "amount" in params else charge["amount"] - charge["amount_refunded"]
    _check(charge, amount)
    card = payment_methods.card_of(world, charge["payment_method"])
    refund = world.tables.add(_refund(world, charge, amount, params))
    refund["balance_transaction"] = books.book(
        world,
        type="refund",
        category="refund",
        amount=-amount,
        currency=charge["currency"],
        source=refund["id"],
    )["id"]
    if card.refund == "pending":
        refund.update(status="pending", pending_reason="processing")
    _count(charge, amount)
    world.announce("refund.created", refund)
    world.announce("charge.refunded", charge)
    return refund


def _charge(world: World, params: Params) -> Object:
    """Return the charge to refund: named, or the one that paid an intent."""
    if id := params.text("charge"):
        return world.tables.get("charge", id, param="charge")
    if "payment_intent" not in params:
        raise malformed("One of the following params should be provided for this request: payment_intent or charge.")
    intent = world.tables.get("payment_intent", params.required("payment_intent"), param="payment_intent")
    charge = world.tables.find(intent["latest_charge"] or "")
    if charge is None or charge["status"] != "succeeded":
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return charge


def _check(charge: Object, amount: int) -> None:
    left = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")


def _count(charge: Object, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def _refund(world: World, charge: Object, amount: int, params: Params) -> Object:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "failure_balance_transaction": None,
        "metadata": params.metadata(),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": None,
        "reason": params.choice("reason", _REASONS),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def settle(world: World, refund: Object) -> None:
    """Let a pending refund succeed, or one of the card that refuses refunds fail."""
    card = payment_methods.card_of(world, refund["payment_method"])
    if card.refund == "failed" and refund["status"] != "failed":
        fail(world, refund)
    elif refund["status"] == "pending":
        refund.update(status="succeeded", pending_reason=None)
        _tell_of_change(world, refund)


def fail(world: World, refund: Object) -> None:
    """Let the bank send a refund back: the money is ours again."""
    charge = world.tables.get("charge", refund["charge"])
    line = books.book(
        world,
        type="refund_failure",
        category="refund_failure",
        amount=refund["amount"],
        currency=refund["currency"],
        source=refund["id"],
    )
    refund.update(
        status="failed",
        pending_reason=None,
        failure_reason="expired_or_canceled_card",
        failure_balance_transaction=line["id"],
    )
    _count(charge, -refund["amount"])
    _tell_of_change(world, refund)
    world.announce("refund.failed", refund)


def _tell_of_change(world: World, refund: Object) -> None:
    """Announce a change under both names that Stripe has for it."""
    world.announce("charge.refund.updated", refund)
    world.announce("refund.updated", refund)


@endpoint("GET", "/v1/refunds/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("refund", id)


@endpoint("GET", "/v1/refunds")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "charge", "payment_intent")
    charge, intent = params.text("charge"), params.text("payment_intent")
    if intent is not None and world.tables.find(intent) is None:
        raise missing("payment_intent", intent, param="payment_intent")
    rows = world.tables.newest_first(
        "refund", lambda row: charge in (None, row["charge"]) and intent in (None, row["payment_intent"])
    )
    return page(params, rows, "/v1/refunds")
