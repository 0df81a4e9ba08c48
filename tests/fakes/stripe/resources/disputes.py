"""Disputes: the bank takes a payment back, or asks about it, until it decides."""

from __future__ import annotations

import copy
from typing import Any

from tests.fakes.stripe import books
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_DAYS_TO_ANSWER = 9
_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
_TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)


def open_for(
    world: World, charge: Object, *, reason: str, amount: int | None = None, is_inquiry: bool = False
) -> Object:
    """Open a dispute about a charge, about what is not refunded of it by default.

    The bank takes the money at once, unless it only asks.
    """
    asked = amount or charge["amount"] - charge["amount_refunded"]
    dispute = world.tables.add(_dispute(world, charge, asked, reason, is_inquiry))
    charge["disputed"] = not is_inquiry
    if not is_inquiry:
        _move(world, dispute, -dispute["amount"], "dispute", fee=books.DISPUTE_FEE)
    world.announce("charge.dispute.created", dispute)
    if not is_inquiry:
        world.announce("charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide(world: World, dispute: Object, *, won: bool) -> None:
    """Let the bank decide: what we win comes back, an inquiry just closes."""
    if dispute["status"].startswith("warning"):
        dispute["status"] = "warning_closed"
        world.announce("charge.dispute.closed", dispute)
        return
    dispute["status"] = "won" if won else "lost"
    if won:
        _move(world, dispute, dispute["amount"], "dispute_reversal")
        world.announce("charge.dispute.funds_reinstated", dispute)
    world.announce("charge.dispute.closed", dispute)


def escalate(world: World, dispute: Object) -> None:
    """Let the bank turn its question into a chargeback."""
    dispute["status"] = "needs_response"
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    world.tables.get("charge", dispute["charge"])["disputed"] = True
    _move(world, dispute, -dispute["amount"], "dispute", fee=books.DISPUTE_FEE)
    world.announce("charge.dispute.updated", dispute)
    world.announce("charge.dispute.funds_withdrawn", dispute)


def _move(world: World, dispute: Object, amount: int, category: str, *, fee: int = 0) -> None:
    line = books.book(
        world,
        type="adjustment",
        category=category,
        amount=amount,
        currency=dispute["currency"],
        source=dispute["id"],
        fee=fee,
    )
    dispute["balance_transactions"] = [*dispute["balance_transactions"], copy.deepcopy(line)]


def _dispute(world: World, charge: Object, amount: int, reason: str, is_inquiry: bool) -> Object:
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys((*_FILES, *_TEXTS)), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.now() + _DAYS_TO_ANSWER * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "inquiry" if is_inquiry else "chargeback",
                "network": charge["payment_method_details"]["card"]["network"],
                "network_reason_code": "83",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }


@endpoint("GET", "/v1/disputes/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("dispute", id)


@endpoint("GET", "/v1/disputes")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "charge", "payment_intent")
    charge, intent = params.text("charge"), params.text("payment_intent")
    rows = world.tables.newest_first(
        "dispute", lambda row: charge in (None, row["charge"]) and intent in (None, row["payment_intent"])
    )
    return page(params, rows, "/v1/disputes")
