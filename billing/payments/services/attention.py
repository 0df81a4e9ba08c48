"""Looks at a wallet whose money runs low: warns its owners once, and notes when to look again.

Source: docs/algorithms/top-ups.md, "Warnings".
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.ledger.models import TransactionKind
from billing.payments import queries
from billing.payments.models import AutoTopUp, Watch
from billing.wallets import queries as wallets
from billing.wallets import services as wallet_services
from billing.wallets.models import Wallet
from common import jobs
from domain.money import QUANTUM

#: Parts, in percent, of the last money that came in.
LEVELS = (20, 10, 0)
#: What counts as money that came in.
_BASIS = [TransactionKind.TOP_UP, TransactionKind.PAYMENT, TransactionKind.GRANT]


@transaction.atomic
def review(*, wallet: Wallet, now: datetime) -> Wallet:
    """Warn whom it concerns, and have the wallet looked at again when the next thing is due. Returns it locked."""
    wallet = wallets.lock_wallet(wallet.pk)
    watch, _ = Watch.objects.get_or_create(wallet=wallet)
    if watch.seen_seq < wallet.seq:
        _renew_basis(watch, wallet)
    _warn_of_level(watch, wallet)
    _warn_of_own(watch, wallet)
    watch.save()
    wallet_services.set_attention(wallet=wallet, below=_attention(watch, wallet, now))
    return wallet


@transaction.atomic
def warn_below(*, wallet: Wallet, amount: Decimal | None, now: datetime) -> None:
    """Warn the owners when `available` falls to an amount of their own; None: only of the parts."""
    wallet = wallets.lock_wallet(wallet.pk)
    Watch.objects.update_or_create(wallet=wallet, defaults={"warn_below": amount, "told_own": False})
    review(wallet=wallet, now=now)


def _renew_basis(watch: Watch, wallet: Wallet) -> None:
    watch.seen_seq = wallet.seq
    last = queries.last_money_in(wallet, [str(kind) for kind in _BASIS])
    if last is not None and last.seq > watch.basis_seq:
        watch.basis_seq, watch.basis_amount, watch.told_level = last.seq, last.delta, None


def _warn_of_level(watch: Watch, wallet: Wallet) -> None:
    """Warn once of the lowest level that was reached; those above it are told with it."""
    reached = [level for level in _untold(watch) if wallet.available <= _amount_of(watch, level)]
    if reached:
        watch.told_level = min(reached)
        jobs.enqueue("billing.payments.tell", what="low_balance", key=str(wallet.pk))


def _warn_of_own(watch: Watch, wallet: Wallet) -> None:
    is_below = watch.warn_below is not None and wallet.available <= watch.warn_below
    if is_below and not watch.told_own:
        jobs.enqueue("billing.payments.tell", what="low_balance", key=str(wallet.pk))
    watch.told_own = is_below


def _attention(watch: Watch, wallet: Wallet, now: datetime) -> Decimal | None:
    """Return the amount below which somebody needs the wallet looked at: the highest of all."""
    needed = [_amount_of(watch, level) for level in _untold(watch)]
    if watch.warn_below is not None and not watch.told_own:
        needed.append(watch.warn_below)
    rule = queries.auto_top_up(wallet)
    if rule is not None and is_ready(rule, now) and queries.open_automatic(wallet) is None:
        needed.append(rule.threshold)
    # to fall to an amount is enough; the settlement looks for less
    return max(needed) + QUANTUM if needed else None


def is_ready(rule: AutoTopUp, now: datetime) -> bool:
    """Return whether a standing order may charge the card now."""
    return rule.is_running and (rule.next_try_at is None or rule.next_try_at <= now)


def _untold(watch: Watch) -> list[int]:
    if not watch.basis_seq:
        return []
    return [level for level in LEVELS if watch.told_level is None or level < watch.told_level]


def _amount_of(watch: Watch, level: int) -> Decimal:
    return (watch.basis_amount * level / 100).quantize(QUANTUM)
