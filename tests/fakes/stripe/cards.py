"""The magic numbers and tokens of Stripe's test mode, and what each card does.

Source: https://docs.stripe.com/testing
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Authentication(Enum):
    """When the bank wants its owner."""

    NEVER = "never"
    UNLESS_SET_UP = "unless set up"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class TestCard:
    """One magic card. decline: (code, decline code) of each charge; attaches: whether it can be saved.

    dispute: the reason of the chargeback that follows a charge. refund: succeeds, fails later, or is pending first.
    """

    __test__ = False

    number: str
    token: str
    what: str
    brand: str = "visa"
    decline: tuple[str, str] | None = None
    attaches: bool = True
    authentication: Authentication = Authentication.NEVER
    dispute: str = ""
    is_inquiry: bool = False
    refund: str = "succeeded"
    settles_at_once: bool = False


_GENERIC = ("card_declined", "generic_decline")
_FUNDS = ("card_declined", "insufficient_funds")

CARDS = (
    TestCard("4242424242424242", "pm_card_visa", "pays"),
    TestCard("5555555555554444", "pm_card_mastercard", "pays", brand="mastercard"),
    TestCard("378282246310005", "pm_card_amex", "pays", brand="amex"),
    TestCard("4000000000000077", "pm_card_bypassPending", "pays; the money is there at once", settles_at_once=True),
    TestCard("4000000000000002", "pm_card_chargeDeclined", "is declined", decline=_GENERIC, attaches=False),
    TestCard(
        "4000000000009995",
        "pm_card_chargeDeclinedInsufficientFunds",
        "has insufficient funds",
        decline=_FUNDS,
        attaches=False,
    ),
    TestCard(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        "has expired",
        decline=("expired_card", "expired_card"),
        attaches=False,
    ),
    TestCard(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        "meets a processing error",
        decline=("processing_error", "processing_error"),
        attaches=False,
    ),
    TestCard("4000000000000341", "pm_card_chargeCustomerFail", "can be saved, then is declined", decline=_GENERIC),
    TestCard(
        "4000002500003155",
        "pm_card_authenticationRequiredOnSetup",
        "asks its owner (3-D Secure) unless it was saved with 3-D Secure",
        authentication=Authentication.UNLESS_SET_UP,
    ),
    TestCard(
        "4000002760003184",
        "pm_card_authenticationRequired",
        "asks its owner (3-D Secure) each time",
        authentication=Authentication.ALWAYS,
    ),
    TestCard(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "asks its owner each time, then has insufficient funds",
        decline=_FUNDS,
        authentication=Authentication.ALWAYS,
    ),
    TestCard("4000000000000259", "pm_card_createDispute", "pays; a chargeback follows", dispute="fraudulent"),
    TestCard(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "pays; a chargeback follows: nothing was received",
        dispute="product_not_received",
    ),
    TestCard(
        "4000000000001976",
        "pm_card_createDisputeInquiry",
        "pays; the bank asks, and takes nothing",
        dispute="fraudulent",
        is_inquiry=True,
    ),
    TestCard("4000000000007726", "pm_card_pendingRefund", "pays; a refund is pending first", refund="pending"),
    TestCard("4000000000005126", "pm_card_refundFail", "pays; a refund succeeds, then fails", refund="failed"),
)

BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS} | {
    card.token.replace("pm_card_", "pm_card_visa_", 1): card for card in CARDS if card.decline and not card.attaches
}

MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
