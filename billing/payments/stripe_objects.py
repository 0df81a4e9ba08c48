"""Stripe's objects as our values. What Stripe may leave out is asked for with a default."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import stripe

from billing.payments.minor_units import to_money
from billing.payments.processor import (
    BalanceChange,
    Card,
    CardDispute,
    HostedPage,
    Payment,
    PaymentState,
    PayoutAccount,
    Refund,
    Setup,
    Transfer,
)

#: Where our own id stands in what we made.
REFERENCE = "reference"

_PAYMENT_STATES = {
    "requires_payment_method": PaymentState.PENDING,
    "requires_confirmation": PaymentState.PENDING,
    "requires_action": PaymentState.ACTION_REQUIRED,
    "requires_capture": PaymentState.PROCESSING,
    "processing": PaymentState.PROCESSING,
    "canceled": PaymentState.CANCELED,
    "succeeded": PaymentState.SUCCEEDED,
}
_DISPUTE_STATES = {"won": "won", "prevented": "won", "warning_closed": "won", "lost": "lost"}
_REFUND_STATES = {"succeeded", "failed", "canceled"}


def moment(seconds: int) -> datetime:
    """Return the time of a timestamp."""
    return datetime.fromtimestamp(seconds, UTC)


def id_of(value: Any) -> str:
    """Return an id, whether Stripe sent it alone or with its object; '' for none."""
    return value if isinstance(value, str) else str(value.id) if value is not None else ""


def reference_of(thing: Any) -> str:
    """Return our own id, as we gave it with the object."""
    metadata = getattr(thing, "metadata", None)
    return str(getattr(metadata, REFERENCE, None) or "")


def card(method: stripe.PaymentMethod, default_id: str) -> Card:
    """Return a saved card."""
    shown = method.card
    assert shown is not None, "cards alone were asked for"
    return Card(
        id=method.id,
        brand=shown.brand,
        last4=shown.last4,
        expires_month=shown.exp_month,
        expires_year=shown.exp_year,
        is_default=method.id == default_id,
    )


def payment(intent: stripe.PaymentIntent) -> Payment:
    """Return a payment. One that failed only for want of its owner can still be confirmed by them."""
    error = getattr(intent, "last_payment_error", None)
    failure = str(getattr(error, "code", None) or "") if error is not None else ""
    state = _PAYMENT_STATES.get(intent.status, PaymentState.PROCESSING)
    if state is PaymentState.PENDING and error is not None:
        wanted = failure == "authentication_required"
        state = PaymentState.ACTION_REQUIRED if wanted else PaymentState.FAILED
    tells = state in (PaymentState.FAILED, PaymentState.ACTION_REQUIRED)
    return Payment(
        id=intent.id,
        state=state,
        amount=to_money(intent.amount, intent.currency),
        received=to_money(intent.amount_received, intent.currency),
        customer_id=id_of(intent.customer),
        reference=reference_of(intent),
        card_id=card_of(intent),
        failure=failure if tells else "",
        message=str(getattr(error, "message", None) or "") if tells else "",
        created_at=moment(intent.created),
    )


def card_of(intent: stripe.PaymentIntent) -> str:
    """Return the card of a payment, or the one that its last attempt failed with."""
    if intent.payment_method is not None:
        return id_of(intent.payment_method)
    return id_of(getattr(getattr(intent, "last_payment_error", None), "payment_method", None))


def refund(made: stripe.Refund) -> Refund:
    """Return a refund."""
    status = getattr(made, "status", None)
    return Refund(
        id=made.id,
        payment_id=id_of(made.payment_intent),
        state=status if status in _REFUND_STATES else "pending",
        amount=to_money(made.amount, made.currency),
        reference=reference_of(made),
        created_at=moment(made.created),
    )


def dispute(found: stripe.Dispute) -> CardDispute:
    """Return a chargeback, or a bank's question that may become one."""
    return CardDispute(
        id=found.id,
        payment_id=id_of(found.payment_intent),
        state=_DISPUTE_STATES.get(found.status, "open"),
        amount=to_money(found.amount, found.currency),
        reason=found.reason,
        created_at=moment(found.created),
        is_inquiry=found.status.startswith("warning_"),
    )


def hosted_page(session: stripe.checkout.Session) -> HostedPage:
    """Return an open page."""
    return HostedPage(id=session.id, url=session.url or "", expires_at=moment(session.expires_at))


def setup(session: stripe.checkout.Session) -> Setup:
    """Return what came of a page. The session must carry its intents, not their ids alone."""
    intent = session.setup_intent if session.mode == "setup" else session.payment_intent
    return Setup(
        id=session.id,
        state=session.status or "open",
        customer_id=id_of(session.customer),
        reference=getattr(session, "client_reference_id", None) or "",
        card_id=id_of(getattr(intent, "payment_method", None)),
        payment_id=id_of(session.payment_intent),
    )


def payout_account(account: stripe.Account) -> PayoutAccount:
    """Return a seller's account. It can be paid when money can be sent to it and on to the seller's bank."""
    capabilities = getattr(account, "capabilities", None)
    can_receive = getattr(capabilities, "transfers", None) == "active"
    return PayoutAccount(
        id=account.id,
        can_be_paid=can_receive and bool(getattr(account, "payouts_enabled", False)),
        requirements=_requirements(getattr(account, "requirements", None)),
        country=getattr(account, "country", None) or "",
        default_currency=(getattr(account, "default_currency", None) or "").upper(),
    )


def _requirements(asked: Any) -> tuple[str, ...]:
    """Return what is asked of a seller, else why nothing can be done."""
    due = [*(getattr(asked, "past_due", None) or ()), *(getattr(asked, "currently_due", None) or ())]
    reason = getattr(asked, "disabled_reason", None)
    return tuple(dict.fromkeys(due)) or ((reason,) if reason else ())


def transfer(made: stripe.Transfer) -> Transfer:
    """Return money sent to a seller."""
    return Transfer(
        id=made.id,
        amount=to_money(made.amount, made.currency),
        reversed=to_money(made.amount_reversed, made.currency),
        account_id=id_of(made.destination),
        reference=reference_of(made),
        created_at=moment(made.created),
    )


def balance_change(line: stripe.BalanceTransaction) -> BalanceChange:
    """Return a line of Stripe's books. The line must carry its source, not the id alone."""
    return BalanceChange(
        id=line.id,
        type=line.reporting_category,
        amount=to_money(line.amount, line.currency),
        fee=to_money(line.fee, line.currency),
        source_id=_source_of(line.source),
        created_at=moment(line.created),
    )


def _source_of(source: Any) -> str:
    """Return what we know the source by: the payment of a charge, the transfer of a reversal."""
    kind = getattr(source, "object", "")
    if kind == "charge" and getattr(source, "payment_intent", None) is not None:
        return id_of(source.payment_intent)
    return id_of(source.transfer) if kind == "transfer_reversal" else id_of(source)
