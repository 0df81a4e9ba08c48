"""Reads what a month's statement says, before it is frozen. Inside of a closing, under the wallet's lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Min

from billing.ledger.models import TransactionKind
from billing.promotions import queries as promotions
from billing.rating.models import PeriodUsage
from billing.statements import parties
from billing.statements.contents import Contents, Discount, Line, Movement
from billing.statements.models import LineKind, Statement
from billing.wallets.models import Wallet, WalletEntry
from common import ports
from domain import periods
from domain import promotions as rules

GONE = "A service that is gone"
#: Characters that turn the direction of what follows them, and could make a name read as another.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


class Key(NamedTuple):
    """What tells the usage lines of a month apart."""

    service_id: UUID
    enrollment_id: UUID | None
    channel: str
    late: bool


def open_period(wallet: Wallet) -> date:
    """Return the month that the wallet's next statement closes; before the first one, that of its first activity."""
    if wallet.open_period is not None:
        return wallet.open_period
    opened = periods.label(wallet.created_at, wallet.time_zone)
    first_usage = PeriodUsage.objects.filter(wallet=wallet).aggregate(first=Min("period"))["first"]
    first_entry = wallet.entries.aggregate(first=Min("transaction__effective_at"))["first"]
    first_moved = periods.label(first_entry, wallet.time_zone) if first_entry else None
    return min(month for month in (opened, first_usage, first_moved) if month is not None)


def gather(wallet: Wallet, period: date) -> Contents:
    """Return what the statement of the wallet's open month would say now."""
    last = Statement.objects.filter(wallet=wallet).order_by("-period").first()
    starts_at, ends_at = periods.bounds(period, wallet.time_zone)
    follows = last is not None and last.period == periods.preceding(period)
    lines = _usage_lines(wallet, period)
    return Contents(
        number=None,
        issued_at=None,
        period=period,
        # where the time zone has changed meanwhile, the month begins where the last one ended
        starts_at=last.ends_at if last is not None and follows else starts_at,
        ends_at=ends_at,
        time_zone=wallet.time_zone,
        currency=wallet.currency,
        issuer=parties.platform(),
        customer=parties.customer(wallet.team),
        tax_note=parties.tax_note(),
        opening_seq=last.closing_seq if last else 0,
        opening_balance=last.closing_balance if last else Decimal(0),
        lines=[*lines, *_promotion_lines(wallet, lines, ends_at)],
        movements=movements(wallet, after=last.closing_seq if last else 0, before=ends_at),
    )


def movements(
    wallet: Wallet, *, after: int, before: datetime | None = None, up_to: int | None = None
) -> list[Movement]:
    """Return the wallet's movements from a number on, up to the first that counts at `before` or later.

    Without the usage of statements: that is what their lines say. In the order of their numbers, which have no gaps:
    so what a statement has frozen cannot grow, whatever commits late.
    """
    entries = (
        WalletEntry.objects.filter(wallet=wallet, seq__gt=after)
        .exclude(transaction__kind=TransactionKind.USAGE)
        .select_related("transaction__reverses")
        .order_by("seq")
    )
    found = []
    for entry in entries if up_to is None else entries.filter(seq__lte=up_to):
        if before is not None and entry.transaction.effective_at >= before:
            break
        found.append(_movement(entry))
    return found


def _movement(entry: WalletEntry) -> Movement:
    written = entry.transaction
    return Movement(
        seq=entry.seq,
        at=written.effective_at,
        kind=written.reverses.kind if written.reverses else written.kind,
        label=written.get_kind_display(),
        memo=written.memo,
        amount=entry.delta,
    )


def _usage_lines(wallet: Wallet, period: date) -> list[Line]:
    """Return a line for each row of the month's usage: calls of the month by name, then what arrived late."""
    rows = list(PeriodUsage.objects.filter(wallet=wallet, period=period))
    names = ports.service_names({row.service_id for row in rows})
    codes = ports.enrollment_codes({row.enrollment_id for row in rows if row.enrollment_id})
    is_plain = not any(row.discounted or row.late for row in rows)
    discounts, months = ({}, {}) if is_plain else _discounts_and_months(wallet, period)
    lines = []
    for row in rows:
        key = Key(row.service_id, row.enrollment_id, row.channel, row.late)
        line = Line(
            kind=LineKind.USAGE,
            service_id=row.service_id,
            service_name=names.get(row.service_id, GONE).translate(_TURNING)[:300],
            net=row.charged,
            enrollment_id=row.enrollment_id,
            enrollment_code=codes.get(row.enrollment_id, "") if row.enrollment_id else "",
            channel=row.channel,
            late_months=tuple(sorted(months.get(key, {periods.preceding(period)}))) if row.late else (),
            requests=row.requests,
            metrics=tuple(sorted(row.metrics.items())),
            listed=row.listed,
            covered=row.covered,
            discounted=row.discounted,
            waived=row.listed - row.covered - row.discounted - row.charged,
            promotions=tuple(discounts.get(key, [])),
        )
        lines.append(line)
    return sorted(lines, key=_order)


def _order(line: Line) -> tuple[Any, ...]:
    return (bool(line.late_months), line.service_name.casefold(), line.enrollment_code, line.channel, line.service_id)


def _discounts_and_months(wallet: Wallet, period: date) -> tuple[dict[Key, list[Discount]], dict[Key, set[date]]]:
    """Return what promotions took off the month's charges, and the months in which calls of late lines ended, by line.

    Only charges that say something of either are read, once. Which were late they say: the time zone may have changed.
    """
    discounts: dict[Key, list[Discount]] = defaultdict(list)
    late_months: dict[Key, set[date]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.service_id, c.enrollment_id, c.channel, c.flags @> '[\"late\"]' AS late,"
            " a ->> 'id', a ->> 'name', sum((a ->> 'amount')::numeric), a ->> 'funded_by',"
            " array_agg(DISTINCT least(date_trunc('month', c.finished_at AT TIME ZONE %(zone)s)::date, %(before)s))"
            " FROM rating_charge c"
            " LEFT JOIN LATERAL jsonb_array_elements(c.adjustments) a ON a ->> 'kind' = 'promotion'"
            " WHERE c.wallet_id = %(wallet)s AND c.period = %(period)s"
            " AND (c.adjustments <> '[]' OR c.flags @> '[\"late\"]')"
            " GROUP BY 1, 2, 3, 4, 5, 6, 8 ORDER BY 6, 5",
            {"zone": wallet.time_zone, "before": periods.preceding(period), "wallet": wallet.pk, "period": period},
        )  # fmt: skip
        for service, enrollment, channel, late, rule, name, amount, funder, months in cursor.fetchall():
            key = Key(service, enrollment, channel, late)
            if rule is not None:
                discounts[key].append(Discount(rule, name, amount, funder))
            if late:
                late_months[key].update(months)
    return discounts, late_months


def _promotion_lines(wallet: Wallet, lines: Sequence[Line], ends_at: datetime) -> list[Line]:
    """Return what promotions take off the sums of the month, a line for each promotion and service."""
    reached = [
        rules.Line(str(index), line.service_id, line.net, _usage(line))
        for index, line in enumerate(lines)
        if line.service_id is not None
    ]
    if not any(line.net for line in reached):
        return []
    last_moment = ends_at - timedelta(microseconds=1)
    found = promotions.statement_rules(team=wallet.team, services={line.service_id for line in reached}, at=last_moment)
    return [line for discount in rules.on_statement(reached, found) for line in _split(discount, lines)]


def _usage(line: Line) -> dict[str, int | Decimal]:
    usage: dict[str, int | Decimal] = {name: Decimal(quantity) for name, quantity in line.metrics}
    usage.setdefault("request_count", line.requests)
    return usage


def _split(discount: rules.Discount, lines: Sequence[Line]) -> Iterable[Line]:
    """Yield the part of each service of what one promotion takes off."""
    parts: dict[UUID | None, Decimal] = defaultdict(Decimal)
    names: dict[UUID | None, str] = {}
    for index, amount in discount.per_line.items():
        line = lines[int(index)]
        parts[line.service_id] += amount
        names[line.service_id] = line.service_name
    for service_id, amount in parts.items():
        yield Line(
            kind=LineKind.PROMOTION,
            service_id=service_id,
            service_name=names[service_id],
            net=-amount,
            discounted=amount,
            promotions=(Discount(discount.rule.id, discount.rule.name, amount, discount.rule.funded_by),),
        )
