"""What of the money in a wallet was paid for, and what was granted: granted credit is spent first.

Source: docs/algorithms/wallets.md, "Paid and granted".
"""

from __future__ import annotations

from decimal import Decimal

from billing.ledger.models import Transaction, TransactionKind
from billing.wallets.models import Wallet, WalletEntry

_ZERO = Decimal(0)


def granted_now(wallet: Wallet) -> Decimal:
    """Return how much of what is available was granted; at least 0, at most what is available."""
    return _granted(_last(wallet), wallet.available)


def granted_after(wallet: Wallet, written: Transaction, delta: Decimal) -> Decimal | None:
    """Return it for the moment after a movement of a locked wallet, whose `settled` has it already.

    None for usage that goes on a statement: it was spent before, nothing becomes more or less available.
    """
    kind = written.reverses.kind if written.reverses else written.kind
    if kind == TransactionKind.USAGE:
        return None
    granted = _granted(_last(wallet), wallet.available - delta)
    if kind == TransactionKind.GRANT or (kind == TransactionKind.FEE and delta < 0):
        granted += delta
    return _within(granted, wallet.available)


def _granted(last: WalletEntry | None, available: Decimal) -> Decimal:
    if last is None or last.available_after is None or last.granted_after is None:
        return _ZERO
    spent_since = max(last.available_after - available, _ZERO)
    return _within(last.granted_after - spent_since, available)


def _within(granted: Decimal, available: Decimal) -> Decimal:
    return min(max(granted, _ZERO), max(available, _ZERO))


def _last(wallet: Wallet) -> WalletEntry | None:
    return WalletEntry.objects.filter(wallet=wallet, granted_after__isnull=False).order_by("-seq").first()
