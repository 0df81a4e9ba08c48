"""Payments by card: into a wallet, and back out of it."""

from billing.payments.models.automatic import AutoTopUp, Pause, Watch
from billing.payments.models.notices import NoticeState, ProcessorNotice
from billing.payments.models.reversals import Chargeback, ChargebackState, Refund, RefundState
from billing.payments.models.top_ups import OPEN_STATES, Customer, TopUp, TopUpKind, TopUpState

__all__ = [
    "OPEN_STATES",
    "AutoTopUp",
    "Chargeback",
    "ChargebackState",
    "Customer",
    "NoticeState",
    "Pause",
    "ProcessorNotice",
    "Refund",
    "RefundState",
    "TopUp",
    "TopUpKind",
    "TopUpState",
    "Watch",
]
