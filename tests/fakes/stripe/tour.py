"""Goes once through every endpoint of the fake with Stripe's own library, so that each object exists in each state."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import stripe as library

from tests.fakes.stripe import cards
from tests.fakes.stripe.fake import FakeStripe

_BACK = "https://market.example/back"


def go(client: library.StripeClient, fake: FakeStripe) -> None:
    """Make, change, read and list everything."""
    fake.fund(1_000_000)
    customer = _customers(client)
    _setup_intents(client, customer)
    paid = _payments(client, fake, customer)
    _refunds_and_disputes(client, fake, paid, customer)
    _pages(client, fake, customer)
    _connect(client, fake)
    _books(client)


def _customers(client: library.StripeClient) -> str:
    v1 = client.v1
    made = v1.customers.create(
        {"name": "A", "email": "a@example.com", "payment_method": "pm_card_visa", "metadata": {"reference": "1"}}
    )
    method = v1.payment_methods.attach("pm_card_mastercard", {"customer": made.id})
    v1.customers.update(
        made.id, {"description": "B", "invoice_settings": {"default_payment_method": method.id}, "metadata": {"b": "2"}}
    )
    v1.customers.retrieve(made.id, {"expand": ["invoice_settings.default_payment_method"]})
    v1.customers.list({"email": "a@example.com"})
    v1.customers.payment_methods.list(made.id, {"type": "card"})
    v1.customers.payment_methods.retrieve(made.id, method.id)
    v1.payment_methods.retrieve(method.id)
    v1.payment_methods.list({"customer": made.id, "type": "card"})
    v1.payment_methods.detach(method.id)
    return made.id


def _setup_intents(client: library.StripeClient, customer: str) -> None:
    intents = client.v1.setup_intents
    made = intents.create({"customer": customer, "usage": "off_session", "allowed_payment_method_types": ["card"]})
    intents.confirm(made.id, {"payment_method": "pm_card_visa", "return_url": _BACK})
    waiting = intents.create(
        {
            "customer": customer,
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": _BACK,
            "metadata": {"reference": "1"},
        }
    )
    intents.cancel(waiting.id, {"cancellation_reason": "abandoned"})
    with suppress(library.CardError):
        intents.create({"customer": customer, "payment_method": "pm_card_chargeDeclined", "confirm": True})
    intents.retrieve(made.id, {"expand": ["payment_method", "customer"]})
    intents.list({"customer": customer})


def _payments(client: library.StripeClient, fake: FakeStripe, customer: str) -> dict[str, str]:
    """Pay with every magic card, without its owner and with them. Returns payments by token."""
    intents, paid = client.v1.payment_intents, {}
    for card in cards.CARDS:
        for off_session in (True, False):
            more: Any = {} if off_session else {"return_url": _BACK, "setup_future_usage": "off_session"}
            with suppress(library.CardError):
                made = intents.create(
                    {
                        "amount": 2500,
                        "currency": "usd",
                        "customer": customer,
                        "payment_method": card.token,
                        "allowed_payment_method_types": ["card"],
                        "confirm": True,
                        "off_session": off_session,
                        "description": "A payment",
                        "metadata": {"reference": card.token},
                        **more,
                    }
                )
                paid[card.token] = made.id
                if made.status == "requires_action" and card.decline is None:
                    fake.authenticate(made.id, agrees=off_session)
    later = intents.create({"amount": 100, "currency": "eur", "customer": customer})
    with suppress(library.InvalidRequestError):
        intents.confirm(later.id)
    intents.confirm(later.id, {"payment_method": "pm_card_authenticationRequired", "off_session": False})
    intents.cancel(later.id, {"cancellation_reason": "requested_by_customer"})
    intents.retrieve(paid["pm_card_visa"], {"expand": ["latest_charge.balance_transaction", "payment_method"]})
    intents.list({"customer": customer, "limit": 100, "created": {"gte": 0}})
    charge = str(intents.retrieve(paid["pm_card_visa"]).latest_charge)
    client.v1.charges.retrieve(charge, {"expand": ["payment_intent", "customer"]})
    client.v1.charges.list({"customer": customer, "payment_intent": paid["pm_card_visa"]})
    return paid


def _refunds_and_disputes(client: library.StripeClient, fake: FakeStripe, paid: dict[str, str], customer: str) -> None:
    refunds, disputes = client.v1.refunds, client.v1.disputes
    for token in ("pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"):
        made = refunds.create(
            {"payment_intent": paid[token], "amount": 500, "reason": "duplicate", "metadata": {"reference": "9"}}
        )
        fake.settle_refund(made.id)
        refunds.retrieve(made.id, {"expand": ["charge", "balance_transaction"]})
    refunds.list({"payment_intent": paid["pm_card_visa"]})
    for number, found in enumerate(disputes.list({"limit": 100}).data):
        if found.status == "warning_needs_response" and number % 2:
            fake.escalate_dispute(found.id)
        fake.decide_dispute(found.id, won=number % 2 == 0)
        disputes.retrieve(found.id, {"expand": ["charge", "payment_intent"]})
    disputes.list({"payment_intent": paid["pm_card_createDispute"]})


def _pages(client: library.StripeClient, fake: FakeStripe, customer: str) -> None:
    sessions = client.v1.checkout.sessions
    saving = sessions.create(
        {
            "mode": "setup",
            "customer": customer,
            "allowed_payment_method_types": ["card"],
            "client_reference_id": "7",
            "metadata": {"reference": "7"},
            "setup_intent_data": {"metadata": {"reference": "7"}},
            "success_url": _BACK,
            "cancel_url": _BACK,
        }
    )
    fake.complete_page(saving.id)
    for card in ("4000000000000002", "4000002760003184", "4242424242424242"):
        paying = sessions.create(
            {
                "mode": "payment",
                "customer": customer,
                "line_items": [
                    {
                        "quantity": 2,
                        "price_data": {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Top-up"}},
                    }
                ],
                "payment_intent_data": {
                    "setup_future_usage": "off_session",
                    "metadata": {"a": "b"},
                    "description": "C",
                },
                "success_url": _BACK,
            }
        )
        fake.complete_page(paying.id, card)
        sessions.retrieve(paying.id, {"expand": ["setup_intent", "payment_intent.latest_charge", "customer"]})
    left = sessions.create({"mode": "setup", "currency": "usd", "success_url": _BACK})
    sessions.expire(left.id)
    sessions.list({"customer": customer, "status": "complete"})
    client.v1.billing_portal.sessions.create({"customer": customer, "return_url": _BACK})


def _connect(client: library.StripeClient, fake: FakeStripe) -> None:
    account = client.v1.accounts.create(
        {
            "country": "US",
            "email": "s@example.com",
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"reference": "3"},
        }
    )
    client.v1.account_links.create(
        {"account": account.id, "type": "account_onboarding", "return_url": _BACK, "refresh_url": _BACK}
    )
    fake.restrict_account(account.id, "individual.verification.document")
    fake.complete_account(account.id)
    client.v1.accounts.retrieve(account.id)
    client.v1.accounts.retrieve_current()
    client.v1.accounts.list()
    sent = client.v1.transfers.create(
        {
            "amount": 900,
            "currency": "usd",
            "destination": account.id,
            "transfer_group": "G",
            "description": "D",
            "metadata": {"reference": "5"},
        }
    )
    for amount in (100, 800):
        client.v1.transfers.reversals.create(sent.id, {"amount": amount, "metadata": {"a": "b"}, "description": "E"})
    client.v1.transfers.reversals.list(sent.id)
    client.v1.transfers.retrieve(sent.id, {"expand": ["destination", "balance_transaction"]})
    client.v1.transfers.list({"destination": account.id, "transfer_group": "G"})


def _books(client: library.StripeClient) -> None:
    client.v1.balance.retrieve()
    lines = client.v1.balance_transactions.list({"limit": 100, "currency": "usd", "expand": ["data.source"]})
    client.v1.balance_transactions.retrieve(lines.data[0].id)
    client.v1.balance_transactions.list({"type": "charge"})
    event = client.v1.events.list({"types": ["payment_intent.succeeded", "customer.created"]}).data[0]
    client.v1.events.retrieve(event.id)
    client.v1.events.list({"type": "charge.failed"})
