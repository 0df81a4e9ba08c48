"""Every write of earnings, invoices and payouts."""

from billing.payouts.services.accounts import (
    SellersOnly,
    choose_schedule,
    connect,
    onboarding_page,
    refresh_account,
    set_window,
)
from billing.payouts.services.adjusting import enter, reverse_share
from billing.payouts.services.advancing import advance, finalize, release, void
from billing.payouts.services.contesting import NOTHING_SAID, contest, note, resolve
from billing.payouts.services.errors import (
    AccountMissing,
    AccountRestricted,
    BalanceNegative,
    BalanceTooSmall,
    InvoiceNotOpen,
    NotPayable,
    PayoutNotSent,
    PayoutUnderWay,
    ProcessorAway,
    ProcessorRefused,
    WindowOver,
)
from billing.payouts.services.invoicing import generate, generate_due
from billing.payouts.services.paying import request
from billing.payouts.services.scheduling import run_schedule
from billing.payouts.services.sending import send, settle_reversal, take_back
from billing.payouts.services.terms import agree

__all__ = [
    "NOTHING_SAID",
    "AccountMissing",
    "AccountRestricted",
    "BalanceNegative",
    "BalanceTooSmall",
    "InvoiceNotOpen",
    "NotPayable",
    "PayoutNotSent",
    "PayoutUnderWay",
    "ProcessorAway",
    "ProcessorRefused",
    "SellersOnly",
    "WindowOver",
    "advance",
    "agree",
    "choose_schedule",
    "connect",
    "contest",
    "enter",
    "finalize",
    "generate",
    "generate_due",
    "note",
    "onboarding_page",
    "refresh_account",
    "release",
    "request",
    "resolve",
    "reverse_share",
    "run_schedule",
    "send",
    "set_window",
    "settle_reversal",
    "take_back",
    "void",
]
