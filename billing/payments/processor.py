"""What we ask of a card processor. One Protocol, so that the processor's API can change in one place.

Amounts are Money, exact to the currency's smallest coin; ids are the processor's texts. Every call that moves money or
makes something carries an idempotency key. Errors of the processor's library become the ones below.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.money import Money


class ProcessorError(Exception):
    """The processor could not be asked, or its answer makes no sense. The call may be repeated with the same key."""


class RequestRefused(ProcessorError):
    """The processor will never accept this call as it is, and did nothing. Another try needs another key.

    code: the processor's word for why (balance_insufficient, charge_already_refunded, resource_missing, ...), or ''.
    """

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NotSetUp(RequestRefused):
    """No processor is set up: there are no card payments here."""


class PaymentState(StrEnum):
    """States in the order in which they are passed; a payment never goes back."""

    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    PROCESSING = "processing"
    FAILED = "failed"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Card:
    """A saved card, as far as we may know it."""

    id: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the processor has it now. failure: its machine code (authentication_required, card_declined, ...).

    message: the processor's sentence for the card's owner. reference: our id, as we gave it.
    """

    id: str
    state: PaymentState
    amount: Money
    received: Money
    customer_id: str
    reference: str
    card_id: str
    failure: str
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """state: pending, succeeded, failed or canceled."""

    id: str
    payment_id: str
    state: str
    amount: Money
    reference: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CardDispute:
    """A chargeback. state: open, won or lost. amount: what the bank has taken, or asks for.

    is_inquiry: the bank only asks, and has taken nothing; it may turn into a chargeback later.
    """

    id: str
    payment_id: str
    state: str
    amount: Money
    reason: str
    created_at: datetime
    is_inquiry: bool = False


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A page of the processor where people type card numbers, so that we never see one."""

    id: str
    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Setup:
    """The result of a hosted page: the card saved there, or the payment made there. state: open, complete, expired."""

    id: str
    state: str
    customer_id: str
    reference: str
    card_id: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """A seller's account with the processor. requirements: what it still asks of the seller, in its words."""

    id: str
    can_be_paid: bool
    requirements: tuple[str, ...]
    country: str
    default_currency: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money sent to a seller's account. reversed: how much of it came back."""

    id: str
    amount: Money
    reversed: Money
    account_id: str
    reference: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook whose signature was right. object_id: what changed; fetch it, do not believe the notice."""

    id: str
    type: str
    object_type: str
    object_id: str
    is_live: bool
    account_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """A line of the processor's own books. amount: signed, before its fee.

    type: charge, refund, refund_failure, dispute, dispute_reversal, transfer, transfer_reversal; any other word (topup,
    payout, fee, ...) is money that we moved between the processor and our bank, or that it took for itself.
    source_id: the payment, refund, dispute or transfer (also of a reversal), '' when there is none.
    """

    id: str
    type: str
    amount: Money
    fee: Money
    source_id: str
    created_at: datetime


class Processor(Protocol):
    """Errors of every call: ProcessorError (try again), RequestRefused (do not)."""

    @property
    def is_set_up(self) -> bool:
        """Whether there is a processor at all. When not, every call raises NotSetUp; pages say so instead of asking."""

    @property
    def is_live(self) -> bool:
        """Whether real cards are charged."""

    @property
    def is_pretended(self) -> bool:
        """Whether it is our own stand-in, which moves no money at all. Pages say so."""

    def create_customer(self, *, key: str, name: str, email: str, reference: str) -> str: ...

    def set_default_card(self, *, customer_id: str, card_id: str) -> None: ...

    def cards(self, *, customer_id: str) -> list[Card]: ...

    def detach_card(self, *, card_id: str) -> None: ...

    def open_card_page(
        self, *, key: str, customer_id: str, reference: str, success_url: str, cancel_url: str
    ) -> HostedPage:
        """Open a page that saves a card for later charges without its owner."""

    def open_payment_page(
        self, *, key: str, customer_id: str, amount: Money, reference: str, success_url: str, cancel_url: str
    ) -> HostedPage:
        """Open a page that takes a card, charges it and saves it for later."""

    def hosted_page(self, page_id: str) -> Setup: ...

    def expire_page(self, page_id: str) -> None:
        """Close a page that is still open. Raises: RequestRefused, when it is not."""

    def open_portal(self, *, customer_id: str, return_url: str) -> str:
        """Return the address of the processor's own page for a customer's cards."""

    def charge(
        self, *, key: str, customer_id: str, card_id: str, amount: Money, reference: str, off_session: bool
    ) -> Payment:
        """Charge a saved card. A decline, or a bank that wants its owner, is a state of the payment, not an error."""

    def authentication_page(self, *, payment_id: str, return_url: str) -> str:
        """Return where the card's owner confirms a payment in the state ACTION_REQUIRED."""

    def payment(self, payment_id: str) -> Payment: ...

    def cancel_payment(self, payment_id: str) -> Payment: ...

    def payments(self, *, since: datetime) -> Iterable[Payment]:
        """Yield payments created since then, oldest first or not: no order is promised."""

    def refund(self, *, key: str, payment_id: str, amount: Money, reference: str) -> Refund: ...

    def refund_by_id(self, refund_id: str) -> Refund: ...

    def refunds(self, *, since: datetime) -> Iterable[Refund]: ...

    def dispute(self, dispute_id: str) -> CardDispute: ...

    def disputes(self, *, since: datetime) -> Iterable[CardDispute]: ...

    def balance_changes(self, *, since: datetime, until: datetime) -> Iterable[BalanceChange]: ...

    def create_payout_account(self, *, key: str, email: str, country: str, reference: str) -> PayoutAccount: ...

    def payout_account(self, account_id: str) -> PayoutAccount: ...

    def open_payout_account_page(self, *, account_id: str, return_url: str, refresh_url: str) -> str:
        """Return where the seller gives the processor what it asks for."""

    def transfer(self, *, key: str, account_id: str, amount: Money, reference: str) -> Transfer: ...

    def transfer_by_id(self, transfer_id: str) -> Transfer: ...

    def reverse_transfer(self, *, key: str, transfer_id: str, amount: Money) -> Transfer: ...

    def read_notice(self, *, payload: bytes, signature: str, now: datetime) -> Notice:
        """Return what a webhook says. Raises RequestRefused for a wrong or old signature, or no JSON."""
