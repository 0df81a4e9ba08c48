"""Standing orders: when they charge a card, how much, and what stops them.

Source: docs/algorithms/top-ups.md, "Automatic top-ups".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing.payments import queries
from billing.payments.models import AutoTopUp, Pause, TopUp, TopUpKind, TopUpState
from billing.payments.services import attention, limits
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common import jobs
from common.amounts import written
from common.errors import DomainError

#: Failures that pass by themselves; every other one waits for the owner.
PASSING = frozenset(
    {"processing_error", "issuer_not_available", "try_again_later", "reenter_transaction", "rate_limit", "unanswered"}
)
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=24)
#: So many failures in a row stop a standing order.
TRIES = 6
#: A standing order begins no lower than so far above the floor: a call that needs more than is left must not get stuck.
ABOVE_FLOOR = Decimal(1)


class AutoTopUpInvalid(DomainError):
    """A standing order that could not work."""

    code = "invalid_auto_top_up"
    sentence = "{problem}"


@dataclass(frozen=True, slots=True)
class Order:
    """What an owner asks for. card_label: what the card is called on our pages, such as Visa •••• 4242."""

    threshold: Decimal
    target: Decimal
    monthly_ceiling: Decimal
    card_id: str
    card_label: str


@transaction.atomic
def arrange(*, wallet: Wallet, order: Order, now: datetime) -> AutoTopUp:
    """Make or change the standing order of a wallet, and start it anew. Raises: AutoTopUpInvalid."""
    wallet = wallets.lock_wallet(wallet.pk)
    _check(wallet, order)
    rule, _ = AutoTopUp.objects.update_or_create(
        wallet=wallet,
        defaults={
            "is_enabled": True,
            "threshold": order.threshold,
            "target": order.target,
            "monthly_ceiling": order.monthly_ceiling,
            "card_id": order.card_id,
            "card_label": order.card_label,
            **_FRESH,
        },
    )
    _look_again(wallet, now)
    return rule


@transaction.atomic
def switch_off(*, wallet: Wallet, now: datetime) -> None:
    """Stop charging the card by itself; the settings stay."""
    AutoTopUp.objects.filter(wallet=wallet).update(is_enabled=False)
    _look_again(wallet, now)


@transaction.atomic
def resume(*, wallet: Wallet, now: datetime) -> None:
    """Try again after a stop. The caller cancels a payment that still waits for its confirmation first."""
    AutoTopUp.objects.filter(wallet=wallet).update(**_FRESH)
    _look_again(wallet, now)


@transaction.atomic
def pause(*, wallet: Wallet, reason: Pause, top_up: TopUp | None, now: datetime) -> None:
    """Stop until the owner acts; they are told."""
    changed = AutoTopUp.objects.filter(wallet=wallet, is_enabled=True).update(paused_reason=reason, paused_by=top_up)
    if changed:
        jobs.enqueue("billing.payments.tell", what="auto_top_up_stopped", key=str(wallet.pk))
        attention.review(wallet=wallet, now=now)


def open_if_due(*, wallet: Wallet, now: datetime) -> TopUp | None:
    """Write the automatic top-up that a locked wallet needs now. None: it needs none, or one is under way."""
    rule = queries.auto_top_up(wallet)
    if rule is None or not attention.is_ready(rule, now) or wallet.available > rule.threshold:
        return None
    if queries.open_automatic(wallet) is not None:
        return None
    amount = _amount(rule, wallet, now)
    if amount is None:
        _wait_for_next_month(rule, wallet, now)
        return None
    return TopUp.objects.create(
        wallet=wallet,
        kind=TopUpKind.AUTOMATIC,
        amount=amount,
        card_id=rule.card_id,
        card_label=rule.card_label,
        started_at=now,
        changed_at=now,
    )


def note_outcome(*, top_up: TopUp, now: datetime) -> None:
    """Draw the conclusions from an automatic top-up that has moved on; its wallet is locked."""
    rule = queries.auto_top_up(top_up.wallet)
    if rule is None:
        return
    if top_up.state == TopUpState.SUCCEEDED:
        is_confirmed = rule.paused_by_id == top_up.pk and rule.paused_reason == Pause.CONFIRMATION
        AutoTopUp.objects.filter(pk=rule.pk).update(
            failures=0, next_try_at=None, **({"paused_reason": "", "paused_by": None} if is_confirmed else {})
        )
    elif top_up.state == TopUpState.ACTION_REQUIRED or top_up.failure == "authentication_required":
        pause(wallet=top_up.wallet, reason=Pause.CONFIRMATION, top_up=top_up, now=now)
    elif top_up.failure in PASSING:
        _back_off(rule, top_up, now)
    elif top_up.state == TopUpState.FAILED:
        pause(wallet=top_up.wallet, reason=Pause.DECLINED, top_up=top_up, now=now)


#: What a standing order is like before anything went wrong.
_FRESH = {"failures": 0, "next_try_at": None, "paused_reason": "", "paused_by": None}


def _check(wallet: Wallet, order: Order) -> None:
    floor = ABOVE_FLOOR - wallet.credit_limit
    problems = {
        f"Start at {written(floor, wallet.currency)} {wallet.currency} or more, so that no call gets stuck before.": (
            order.threshold >= floor
        ),
        f"Fill up to at least {written(limits.minimum(), wallet.currency)} {wallet.currency} more than the start.": (
            order.target >= order.threshold + limits.minimum()
        ),
        "Let the monthly limit allow at least one top-up: it is less than one would cost.": (
            order.monthly_ceiling >= min(order.target - order.threshold, limits.maximum())
        ),
        "Choose one of your saved cards.": bool(order.card_id),
    }
    for problem, is_met in problems.items():
        if not is_met:
            raise AutoTopUpInvalid(problem=problem)


def _amount(rule: AutoTopUp, wallet: Wallet, now: datetime) -> Decimal | None:
    """Return what to charge: up to the target, within the limits; None when the month's ceiling leaves too little."""
    missing = limits.to_coins(rule.target - wallet.available, wallet.currency)
    wanted = min(max(missing, limits.minimum()), limits.maximum())
    left = rule.monthly_ceiling - queries.charged_automatically(wallet, now=now)
    amount = min(wanted, left - left % limits.coin(wallet.currency))
    return amount if amount >= limits.minimum() else None


def _wait_for_next_month(rule: AutoTopUp, wallet: Wallet, now: datetime) -> None:
    month = queries.month_of(wallet, now)
    following = (month + timedelta(days=31)).replace(day=1)
    if rule.ceiling_told_for != month:
        jobs.enqueue("billing.payments.tell", what="ceiling_reached", key=str(wallet.pk))
    AutoTopUp.objects.filter(pk=rule.pk).update(
        next_try_at=queries.start_of_month(wallet, following), ceiling_told_for=month
    )


def _back_off(rule: AutoTopUp, top_up: TopUp, now: datetime) -> None:
    """Wait 15 minutes, then twice as long each time, a day at most; after six failures in a row, for the owner."""
    failures = rule.failures + 1
    wait = min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT)
    AutoTopUp.objects.filter(pk=rule.pk).update(failures=failures, next_try_at=now + wait)
    if failures >= TRIES:
        pause(wallet=top_up.wallet, reason=Pause.FAILING, top_up=top_up, now=now)


def _look_again(wallet: Wallet, now: datetime) -> None:
    attention.review(wallet=wallet, now=now)
    jobs.enqueue("billing.payments.attend", wallet_id=str(wallet.pk))
