"""Books a batch of rated events: what the leases and the floor allow is charged, and everything is written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from billing.rating.services.literals import array, json_array
from billing.rating.services.rated import Rated
from billing.wallets.models import HOLDING

_ZERO = Decimal(0)

#: Wallet, period, service, enrollment: what a row of PeriodUsage is known by.
SumKey = tuple[str, str, str, str | None]


@dataclass(slots=True)
class Funds:
    """A locked wallet. room: what its floor allows. used, freed: what the batch adds to usage, takes from held."""

    team_id: str
    currency: str
    room: Decimal
    used: Decimal = _ZERO
    freed: Decimal = _ZERO


@dataclass(slots=True)
class Borrowed:
    """A lease of a locked wallet. left: its amount now; spent: what this batch takes from it."""

    wallet_id: str
    left: Decimal
    spent: Decimal = _ZERO


@dataclass(slots=True)
class Sum:
    """What a batch adds to one row of PeriodUsage."""

    requests: int = 0
    charged: Decimal = _ZERO
    metrics: dict[str, int | Decimal] = field(default_factory=dict)

    def written_metrics(self) -> dict[str, str]:
        """Return the metrics as texts, as PostgreSQL's sums of them are."""
        return {metric: str(quantity) for metric, quantity in self.metrics.items()}


def lock_wallets(cursor: CursorWrapper, ids: Iterable[str]) -> dict[str, Funds]:
    """Lock wallets in id order, the order that everybody keeps, and return what is in them."""
    cursor.execute(
        "SELECT id::text, team_id::text, currency, settled - usage - held + credit_limit FROM wallets_wallet"
        " WHERE id = ANY (%s::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        [array(set(ids))],
    )
    return {wallet: Funds(team, currency, room) for wallet, team, currency, room in cursor.fetchall()}


def leases_of(cursor: CursorWrapper, ids: Iterable[str]) -> dict[str, Borrowed]:
    """Return leases that hold money. Their amounts change under the locks of their wallets alone, which are taken."""
    cursor.execute(
        "SELECT id::text, wallet_id::text, amount FROM wallets_lease WHERE id = ANY (%s::uuid[]) AND state = ANY (%s)",
        [array(set(ids)), list(HOLDING)],
    )
    return {lease: Borrowed(wallet, amount) for lease, wallet, amount in cursor.fetchall()}


def charged_before(cursor: CursorWrapper, ids: Sequence[str]) -> set[str]:
    """Return which of the events have their charge already."""
    cursor.execute("SELECT event_id::text FROM rating_charge WHERE event_id = ANY (%s::uuid[])", [array(ids)])
    return {event for (event,) in cursor.fetchall()}


def capture(rated: Rated, wallet: Funds, leases: dict[str, Borrowed]) -> Decimal:
    """Take the cost of one event from its lease or, when that has ended, from what the floor allows.

    Never more than was held for it. Returns what is charged; the rest of the cost is the platform's loss.
    """
    event = rated.event
    due = min(rated.rating.cost, event.hold)
    lease = leases.get(event.lease_id) if event.lease_id else None
    if lease is not None and lease.wallet_id == event.wallet_id:
        charged = min(due, lease.left)
        lease.left -= charged
        lease.spent += charged
        wallet.freed += charged
    else:
        charged = min(due, wallet.room)
        wallet.room -= charged
    wallet.used += charged
    return charged


def add_up(sums: dict[SumKey, Sum], rated: Rated, charged: Decimal) -> None:
    """Add one event to what the period's rows will grow by."""
    event = rated.event
    if not event.is_billable:
        return
    key = (event.wallet_id, rated.period, event.service_id, event.enrollment_id)
    total = sums.get(key)
    if total is None:
        total = sums[key] = Sum()
    total.requests += 1
    total.charged += charged
    for metric, quantity in event.usage.items():
        total.metrics[metric] = total.metrics.get(metric, 0) + quantity


def write_wallets(cursor: CursorWrapper, wallets: dict[str, Funds]) -> None:
    """Move what was charged from held to usage."""
    moved = [(pk, each.used, each.freed) for pk, each in wallets.items() if each.used]
    if moved:
        cursor.execute(
            "UPDATE wallets_wallet w SET usage = w.usage + d.used, held = w.held - d.freed"
            " FROM unnest(%s::uuid[], %s::numeric[], %s::numeric[]) AS d (id, used, freed) WHERE w.id = d.id",
            [array(column) for column in zip(*moved, strict=True)],
        )


def write_leases(cursor: CursorWrapper, leases: dict[str, Borrowed]) -> None:
    """Take what was charged out of the leases, by id: so are they renewed and retired."""
    spent = sorted((pk, each.spent) for pk, each in leases.items() if each.spent)
    if spent:
        cursor.execute(
            "UPDATE wallets_lease l SET amount = l.amount - d.spent"
            " FROM unnest(%s::uuid[], %s::numeric[]) AS d (id, spent) WHERE l.id = d.id",
            [array(column) for column in zip(*spent, strict=True)],
        )


def write_period_usage(cursor: CursorWrapper, sums: dict[SumKey, Sum]) -> None:
    """Add the sums to the rows of the period. The wallets' locks keep everybody else off these rows."""
    if not sums:
        return
    rows = [(*key, each.requests, each.charged) for key, each in sums.items()]
    cursor.execute(
        "INSERT INTO rating_periodusage AS p"
        " (wallet_id, period, service_id, enrollment_id, requests, charged, metrics)"
        " SELECT * FROM unnest(%s::uuid[], %s::date[], %s::uuid[], %s::uuid[], %s::bigint[], %s::numeric[],"
        " %s::jsonb[])"
        " ON CONFLICT (wallet_id, period, service_id, enrollment_id, channel, late) DO UPDATE"
        " SET requests = p.requests + excluded.requests, charged = p.charged + excluded.charged,"
        " metrics = metrics_sum(p.metrics, excluded.metrics)",
        [*map(array, zip(*rows, strict=True)), json_array(each.written_metrics() for each in sums.values())],
    )
