"""The money of a batch: wallets under their locks, leases, and what is taken from which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from billing.rating.services.literals import array
from billing.wallets.models import HOLDING
from domain import periods
from domain.usage import UsageEvent

_ZERO = Decimal(0)


@dataclass(slots=True)
class Funds:
    """A locked wallet. room: what its floor allows; below 0 in an overdrawn one. available: before the batch.

    open_period: no statement closes an earlier month any more. used, freed: what the batch adds to usage, takes from
    held.
    """

    team_id: str
    currency: str
    time_zone: str
    open_period: date | None
    room: Decimal
    available: Decimal
    attention_below: Decimal | None
    used: Decimal = _ZERO
    freed: Decimal = _ZERO

    def period_of(self, event: UsageEvent) -> tuple[date, bool]:
        """Return the month on whose statement a call is, and whether it came too late for its own.

        Raises: ValueError for the date of a broken clock or an unknown zone.
        """
        month = periods.label(event.finished_at, self.time_zone)
        if self.open_period is not None and month < self.open_period:
            return self.open_period, True
        return month, False

    def needs_attention(self) -> bool:
        """Return whether the batch has left less than the wallet's owner wants to be told of."""
        limit = self.attention_below
        return limit is not None and bool(self.used) and self.available - self.used < limit


@dataclass(slots=True)
class Borrowed:
    """A lease of a locked wallet. left: its amount now; spent: what this batch takes from it."""

    wallet_id: str
    left: Decimal
    spent: Decimal = _ZERO


def lock_wallets(cursor: CursorWrapper, ids: Iterable[str]) -> dict[str, Funds]:
    """Lock wallets in id order, the order that everybody keeps, and return what is in them."""
    cursor.execute(
        "SELECT id::text, team_id::text, currency, time_zone, open_period, settled - usage - held + credit_limit,"
        " settled - usage, attention_below"
        " FROM wallets_wallet WHERE id = ANY (%s::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        [array(set(ids))],
    )
    return {wallet: Funds(*facts) for wallet, *facts in cursor.fetchall()}


def leases_of(cursor: CursorWrapper, ids: Iterable[str]) -> dict[str, Borrowed]:
    """Return leases that hold money. Their amounts change under the locks of their wallets alone, which are taken."""
    cursor.execute(
        "SELECT id::text, wallet_id::text, amount FROM wallets_lease WHERE id = ANY (%s::uuid[]) AND state = ANY (%s)",
        [array(set(ids)), list(HOLDING)],
    )
    return {lease: Borrowed(wallet, amount) for lease, wallet, amount in cursor.fetchall()}


def capture(
    event: UsageEvent, list_cost: Decimal, cost: Decimal, wallet: Funds, leases: dict[str, Borrowed]
) -> Decimal:
    """Take the cost of one event from its lease or, when that has ended, from what the floor allows.

    The gateway has counted the list cost against its lease, so that much leaves the lease: what quotas and promotions
    take off it is the wallet's again. Never more than was held is charged. Returns what is charged; the rest of the
    cost is the platform's loss.
    """
    lease = leases.get(event.lease_id) if event.lease_id else None
    if lease is not None and lease.wallet_id == event.wallet_id:
        taken = min(list_cost, event.hold, lease.left)
        charged = min(cost, taken)
        lease.left -= taken
        lease.spent += taken
        wallet.freed += taken
        wallet.room += taken - charged
    else:
        charged = max(min(cost, event.hold, wallet.room), _ZERO)
        wallet.room -= charged
    wallet.used += charged
    return charged


def write_wallets(cursor: CursorWrapper, wallets: dict[str, Funds]) -> None:
    """Move what was charged from held to usage."""
    moved = [(pk, each.used, each.freed) for pk, each in wallets.items() if each.used or each.freed]
    if moved:
        cursor.execute(
            "UPDATE wallets_wallet w SET usage = w.usage + d.used, held = w.held - d.freed"
            " FROM unnest(%s::uuid[], %s::numeric[], %s::numeric[]) AS d (id, used, freed) WHERE w.id = d.id",
            [array(column) for column in zip(*moved, strict=True)],
        )


def write_leases(cursor: CursorWrapper, leases: dict[str, Borrowed]) -> None:
    """Take what was spent out of the leases, by id: so are they renewed and retired."""
    spent = sorted((pk, each.spent) for pk, each in leases.items() if each.spent)
    if spent:
        cursor.execute(
            "UPDATE wallets_lease l SET amount = l.amount - d.spent"
            " FROM unnest(%s::uuid[], %s::numeric[]) AS d (id, spent) WHERE l.id = d.id",
            [array(column) for column in zip(*spent, strict=True)],
        )
