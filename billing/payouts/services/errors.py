"""What can stand in the way of an invoice or a payout. Each sentence says what to do next."""

from __future__ import annotations

from common.errors import DomainError


class InvoiceNotOpen(DomainError):
    """The step does not exist from the invoice's state."""

    code = "invoice_not_open"
    sentence = "The invoice is {state}; it can no longer be {verb}. Write to the operators about the next one."


class WindowOver(DomainError):
    """Silence has agreed to the invoice."""

    code = "dispute_window_over"
    sentence = "The time to dispute this ended on {until:%d %B %Y}. Write to the operators if something is wrong."


class NotPayable(DomainError):
    """A payout cannot be made now. Its subclasses say why."""

    code = "not_payable"


class AccountMissing(NotPayable):
    """The processor has no account of the seller's."""

    code = "payout_account_missing"
    sentence = "There is no account to pay to yet. Set up payouts first."


class AccountRestricted(NotPayable):
    """The processor will not pay the seller now."""

    code = "payout_account_restricted"
    sentence = "The payment processor cannot pay this account yet. It asks for: {requirements}. Complete the set-up."


class SellerClosed(NotPayable):
    """Operators have closed the seller's account."""

    code = "seller_closed"
    sentence = "This seller account is closed. Ask the operators about what is still owed."


class PayoutUnderWay(NotPayable):
    """One payout at a time."""

    code = "payout_under_way"
    sentence = "A payout is under way. Ask again when it has arrived."


class BalanceNegative(NotPayable):
    """The seller owes the platform."""

    code = "balance_negative"
    sentence = "The balance is {balance}. It is carried over, and payouts go on when earnings have covered it."


class BalanceTooSmall(NotPayable):
    """Less than the smallest payout is available."""

    code = "balance_too_small"
    sentence = "{available} can be paid out; the smallest payout is {minimum}. It is kept until there is more."


class PayoutNotSent(DomainError):
    """Only money that was sent can be taken back."""

    code = "payout_not_sent"
    sentence = "The payout is {state}. Only one that was sent can be taken back."


class ProcessorAway(DomainError):
    """The payment processor could not be asked."""

    code = "processor_away"
    sentence = "The payment processor did not answer. Nothing was changed; try again in a minute."


class ProcessorRefused(DomainError):
    """The payment processor will not do it."""

    code = "processor_refused"
    sentence = "The payment processor says: {reason}"
