"""Every read of earnings, invoices and payouts. Sellers' own reads start from the team."""

from billing.payouts.queries.accounts import account_of, due_accounts, lock_account
from billing.payouts.queries.balances import Balance, balance, balances, paid_out
from billing.payouts.queries.earnings import Earning, earnings, term_of
from billing.payouts.queries.invoices import (
    due_invoices,
    invoice,
    invoiced,
    invoiced_payout,
    invoices,
    line_of,
    lock_invoice,
    months_to_invoice,
    newest_invoice,
    sellers_to_invoice,
    unlisted_adjustments,
)
from billing.payouts.queries.payouts import by_id, payout, payouts, unsettled

__all__ = [
    "Balance",
    "Earning",
    "account_of",
    "balance",
    "balances",
    "by_id",
    "due_accounts",
    "due_invoices",
    "earnings",
    "invoice",
    "invoiced",
    "invoiced_payout",
    "invoices",
    "line_of",
    "lock_account",
    "lock_invoice",
    "months_to_invoice",
    "newest_invoice",
    "paid_out",
    "payout",
    "payouts",
    "sellers_to_invoice",
    "term_of",
    "unlisted_adjustments",
    "unsettled",
]
