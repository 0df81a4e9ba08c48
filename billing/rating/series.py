"""Usage over time, for charts: sums of whole hours, read off one index. The number of calls does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from billing.wallets.models import Wallet
from common.models import AmountField
from domain import periods

Step = Literal["hour", "day"]
By = Literal["service", "key", "alias"]

_COLUMNS: dict[By, str] = {"service": "service_id::text", "key": "coalesce(api_key_id::text, '')", "alias": "alias"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which usage. starts_at, ends_at: when calls ended, half open, on whole hours of the clocks of `time_zone`.

    period: only what is on the statement of that month; what came late for another one is then told apart.
    """

    starts_at: datetime
    ends_at: datetime
    time_zone: str = "UTC"
    step: Step = "day"
    by: By = "service"
    period: date | None = None
    service_id: UUID | None = None
    api_key_id: UUID | None = None
    alias: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether only one service, key or name is asked for."""
        return bool(self.service_id or self.api_key_id or self.alias)


@dataclass(frozen=True, slots=True)
class Cell:
    """Sums of one thing in one stretch of time. at: its beginning, None for what came late from an earlier month.

    key: the id of the service or key, or the name that was called; "" for none. amount: charged, or paid.
    """

    at: datetime | None
    key: str
    requests: int
    failures: int
    amount: Decimal


def of_month(period: date, time_zone: str) -> Asked:
    """Return what asks for everything on the statement of a month, day by day."""
    starts_at, ends_at = periods.bounds(period, time_zone)
    return Asked(starts_at, ends_at, time_zone, "day", period=period)


def usage(*, wallet: Wallet, asked: Asked) -> list[Cell]:
    """Return the usage of a wallet, by time and what `asked.by` says."""
    conditions, arguments = _times(asked)
    for column, value in (("service_id", asked.service_id), ("api_key_id", asked.api_key_id), ("alias", asked.alias)):
        if value:
            conditions.append(f"{column} = %s")
            arguments.append(value)
    source = "rating_hourlyusage WHERE wallet_id = %s"
    return _cells(asked, f"{_COLUMNS[asked.by]}, charged AS amount", source, conditions, [wallet.pk, *arguments])


def spent(found: QuerySet[Wallet], *, now: datetime) -> list[tuple[Wallet, Decimal, Decimal]]:
    """Return wallets with what calls cost that ended there today, and in this month, in one query."""
    since = (
        "(SELECT coalesce(sum(charged), 0) FROM rating_hourlyusage WHERE wallet_id = wallets_wallet.id"
        " AND period >= date_trunc('month', %s::timestamptz AT TIME ZONE time_zone)::date"
        " AND starts_at >= date_trunc('{step}', %s::timestamptz, time_zone))"
    )
    columns = {
        f"spent_{step}": RawSQL(since.format(step=step), (now, now), output_field=AmountField())  # noqa: S611  our words
        for step in ("day", "month")
    }
    return [(each, vars(each)["spent_day"], vars(each)["spent_month"]) for each in found.annotate(**columns)]


def sales(*, service_ids: Sequence[UUID], currency: str, asked: Asked) -> list[Cell]:
    """Return what all customers together used of services, by time and service."""
    conditions, arguments = _times(asked)
    source = "rating_hourlysales WHERE service_id = ANY (%s) AND currency = %s"
    return _cells(
        asked, "service_id::text, paid AS amount", source, conditions, [list(service_ids), currency, *arguments]
    )


@dataclass(frozen=True, slots=True)
class Total:
    """What all customers together used, in one currency."""

    currency: str
    requests: int
    failures: int
    paid: Decimal


def totals(*, service_ids: Sequence[UUID], since: datetime) -> list[Total]:
    """Return what all customers together used of services since then, by currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum(requests), sum(failures), sum(paid) FROM rating_hourlysales"
            " WHERE service_id = ANY (%s) AND period >= %s AND starts_at >= %s GROUP BY 1 ORDER BY 1",
            [list(service_ids), periods.preceding(periods.label(since, "UTC")), since],
        )
        return [Total(currency, int(calls), int(failed), paid) for currency, calls, failed, paid in cursor]


def currencies(*, service_ids: Sequence[UUID], since: date) -> list[str]:
    """Return the currencies in which services were paid for on statements of `since` and later."""
    ids = list(service_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT currency FROM rating_hourlysales WHERE service_id = ANY (%s) AND period >= %s ORDER BY 1",
            [ids, since],
        )
        return [currency for (currency,) in cursor.fetchall()]


def stretches(asked: Asked) -> list[datetime]:
    """Return where the hours or days begin that are asked for."""
    if asked.step == "hour":
        count = int((asked.ends_at - asked.starts_at) / timedelta(hours=1))
        return [asked.starts_at + timedelta(hours=number) for number in range(count)]
    first, last = (_day(moment, asked.time_zone) for moment in (asked.starts_at, asked.ends_at - timedelta(seconds=1)))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [periods.first_moment(day, asked.time_zone) for day in days]


def _times(asked: Asked) -> tuple[list[str], list[Any]]:
    """Return conditions on time, with the month first: so the index is read from the first month that can matter."""
    if asked.period is not None:
        return ["period = %s"], [asked.period]
    # late usage is on a later statement; and a wallet may have been in another zone then
    earliest = periods.preceding(periods.label(asked.starts_at, asked.time_zone))
    return ["period >= %s", "starts_at >= %s", "starts_at < %s"], [earliest, asked.starts_at, asked.ends_at]


def _cells(asked: Asked, columns: str, source: str, conditions: list[str], arguments: list[Any]) -> list[Cell]:
    time, zone = ("starts_at", []) if asked.step == "hour" else ("(starts_at AT TIME ZONE %s)::date", [asked.time_zone])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT at, key, sum(requests), sum(failures), sum(amount)"  # noqa: S608  words of this module
            f" FROM (SELECT {time}, requests, failures, {columns} FROM {' AND '.join([source, *conditions])})"
            " AS hours (at, requests, failures, key, amount) GROUP BY at, key ORDER BY at, key",
            [*zone, *arguments],
        )
        cells = [Cell(at, key, int(calls), int(failures), amount) for at, key, calls, failures, amount in cursor]
    return [_in_time(cell, asked) for cell in cells]


def _in_time(cell: Cell, asked: Asked) -> Cell:
    """Return a cell with the moment at which its day begins, and none for what is of an earlier month."""
    at: date | None = cell.at
    assert at is not None
    moment = at if isinstance(at, datetime) else periods.first_moment(at, asked.time_zone)
    return replace(cell, at=moment.astimezone(UTC) if moment >= asked.starts_at else None)


def _day(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(periods.zone(time_zone)).date()
