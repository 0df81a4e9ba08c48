"""Writes of plans and subscriptions.

`offering` keeps the plans of a service, `subscribing` begins a subscription, `renewing` takes the fee of each period,
`changing` upgrades, downgrades and takes up new terms, `cancelling` ends; `paying` moves the money and opens the quota.
"""

from billing.subscriptions.services.cancelling import cancel, undo_cancel
from billing.subscriptions.services.changing import ChangeRefused, accept_terms, change_plan, quote, undo_change
from billing.subscriptions.services.offering import announce, offer, remind
from billing.subscriptions.services.paying import FeeUnaffordable
from billing.subscriptions.services.renewing import pay_now, renew
from billing.subscriptions.services.subscribing import (
    AlreadySubscribed,
    NotSubscribed,
    PlanNotOffered,
    subscribe,
)

__all__ = [
    "AlreadySubscribed",
    "ChangeRefused",
    "FeeUnaffordable",
    "NotSubscribed",
    "PlanNotOffered",
    "accept_terms",
    "announce",
    "cancel",
    "change_plan",
    "offer",
    "pay_now",
    "quote",
    "remind",
    "renew",
    "subscribe",
    "undo_cancel",
    "undo_change",
]
