"""Books rated events: what is taken off, from which money the rest comes, and everything is written at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.backends.utils import CursorWrapper

from billing.rating.services import charges, funds, hours, sums
from billing.rating.services.funds import Borrowed, Funds
from billing.rating.services.literals import array
from billing.rating.services.rated import Booked, Poison, Rated
from billing.rating.services.reductions import Reductions
from domain.promotions import Adjustment, net
from domain.routing.grammar import called_name


@dataclass(slots=True)
class Outcome:
    """What became of rated events. attention: the wallets that the batch has left below their limit."""

    charges: int = 0
    duplicates: int = 0
    unpriced: list[Rated] = field(default_factory=list)
    refused: list[Poison] = field(default_factory=list)
    attention: set[str] = field(default_factory=set)

    def add(self, other: Outcome) -> None:
        """Add what became of other events."""
        self.charges += other.charges
        self.duplicates += other.duplicates
        self.unpriced += other.unpriced
        self.refused += other.refused
        self.attention |= other.attention


def book(cursor: CursorWrapper, rated: Sequence[Rated]) -> Outcome:
    """Book events that are priced. Those that have their charge already change nothing."""
    known = _charged_before(cursor, [each.event.event_id for each in rated])
    new = [each for each in rated if each.event.event_id not in known] if known else rated
    wallets = funds.lock_wallets(cursor, (each.event.wallet_id for each in new))
    leases = funds.leases_of(cursor, (each.event.lease_id for each in new if each.event.lease_id))
    reductions = Reductions(cursor, [each.event for each in new if each.rating.cost])
    outcome = Outcome(duplicates=len(rated) - len(new))
    written = charges.write(cursor, _booked_of(new, wallets, leases, reductions, outcome.refused))
    funds.write_wallets(cursor, wallets)
    funds.write_leases(cursor, leases)
    reductions.write()
    sums.write(cursor, sums.add_up(written))
    hours.write(cursor, written, wallets)
    outcome.charges = len(written)
    outcome.unpriced = [each.rated for each in written if each.rated.rating.error]
    outcome.attention = {pk for pk, wallet in wallets.items() if wallet.needs_attention()}
    return outcome


def flags(rated: Rated, adjusted: Sequence[Adjustment], *, late: bool, failed: bool) -> tuple[str, ...]:
    """Return what a charge says about how it came about."""
    cost = net(rated.rating.cost, adjusted) if adjusted else rated.rating.cost
    found = rated.event.flags + rated.rating.flags
    if cost > rated.event.hold:
        found += ("above_hold",)
    if failed:
        found += ("promotion_failed",)
    return (*found, "late") if late else found


def _booked_of(
    rated: Iterable[Rated],
    wallets: dict[str, Funds],
    leases: dict[str, Borrowed],
    reductions: Reductions,
    refused: list[Poison],
) -> Iterator[Booked]:
    for each in rated:
        try:
            yield _booked(each, _wallet(each, wallets), leases, reductions)
        except ValueError as error:
            refused.append((each.row, str(error)))


def _booked(rated: Rated, wallet: Funds, leases: dict[str, Borrowed], reductions: Reductions) -> Booked:
    """Return one event as its charge says. Raises: ValueError for a month that there is not."""
    event, list_cost = rated.event, rated.rating.cost
    period, late = wallet.period_of(event)
    adjusted, failed = reductions.take_off(event, list_cost) if list_cost else ([], False)
    cost = net(list_cost, adjusted) if adjusted else list_cost
    charged = funds.capture(event, list_cost, cost, wallet, leases)
    found = flags(rated, adjusted, late=late, failed=failed)
    return Booked(rated, period, late, adjusted, cost, charged, found, called_name(event.path))


def _wallet(rated: Rated, wallets: dict[str, Funds]) -> Funds:
    event = rated.event
    wallet = wallets.get(event.wallet_id)
    if wallet is None or (wallet.team_id, wallet.currency) != (event.team_id, event.currency):
        raise ValueError("The event names no wallet of its team in its currency.")
    return wallet


def _charged_before(cursor: CursorWrapper, ids: Sequence[str]) -> set[str]:
    """Return which of the events have their charge already."""
    cursor.execute("SELECT event_id::text FROM rating_charge WHERE event_id = ANY (%s::uuid[])", [array(ids)])
    return {event for (event,) in cursor.fetchall()}
