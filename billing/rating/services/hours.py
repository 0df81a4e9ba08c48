"""What charges sum up to by the hour: for customers by service, channel, key and name; for sellers by service alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from billing.rating.services.funds import Funds
from billing.rating.services.literals import array, text_array
from billing.rating.services.rated import Booked
from domain import periods

#: Wallet, hour, period, service, key, channel, name that was called: what a row of HourlyUsage is known by.
_UsageKey = tuple[str, datetime, date, str, str | None, str, str]
#: Service, hour, period, currency: what a row of HourlySales is known by, but for its slot.
_SalesKey = tuple[str, datetime, date, str]


@dataclass(slots=True)
class _Hour:
    """What a batch adds to a row. amount: charged, or for sellers paid."""

    requests: int = 0
    failures: int = 0
    amount: Decimal = Decimal(0)

    def add(self, amount: Decimal, *, is_billable: bool) -> None:
        if is_billable:
            self.requests += 1
            self.amount += amount
        else:
            self.failures += 1


def write(cursor: CursorWrapper, booked: Iterable[Booked], wallets: Mapping[str, Funds]) -> None:
    """Add charges to the hours in which their calls ended. Those that wait for a price come when they have it.

    The wallets' locks keep everybody else off the rows of customers. Those of a service are written by all: each
    transaction takes a slot that nobody has, so that none waits for another.
    """
    priced = [each for each in booked if not each.rated.rating.error]
    if not priced:
        return
    testers, slot = _testers_and_slot(cursor)
    usage, sales = _add_up(priced, wallets, testers)
    _write_usage(cursor, usage)
    if sales:
        _write_sales(cursor, sales, slot)


def hour_of(moment: datetime, time_zone: str) -> datetime:
    """Return when the hour of the clocks there began. 12:40 UTC is in the hour of 12:30 in India, where it is 18:10."""
    local = moment.astimezone(periods.zone(time_zone))
    return moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


class Hours:
    """`hour_of` for moments of which many are in one minute: offsets from UTC are whole minutes since 1972."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], datetime] = {}

    def of(self, moment: datetime, time_zone: str) -> datetime:
        """Return `hour_of`."""
        minute = (time_zone, moment.tzinfo, moment.date(), moment.hour, moment.minute, moment.fold)
        hour = self._known.get(minute)
        if hour is None:
            hour = self._known[minute] = hour_of(moment, time_zone)
        return hour


def _add_up(
    booked: Iterable[Booked], wallets: Mapping[str, Funds], testers: str | None
) -> tuple[dict[_UsageKey, _Hour], dict[_SalesKey, _Hour]]:
    """Return what customers' and sellers' hours grow by. testers: the team of the platform's own tests, by which nobody
    earns."""
    usage: dict[_UsageKey, _Hour] = {}
    sales: dict[_SalesKey, _Hour] = {}
    hours = Hours()
    for each in booked:
        event = each.rated.event
        moment, service, is_billable = event.finished_at, event.service_id, event.is_billable
        hour = hours.of(moment, wallets[event.wallet_id].time_zone)
        key = (event.wallet_id, hour, each.period, service, event.api_key_id, event.channel or "", each.alias)
        used = usage.get(key)
        if used is None:
            used = usage[key] = _Hour()
        used.add(each.charged, is_billable=is_billable)
        if event.team_id == testers:
            continue
        of_service = (service, hours.of(moment, "UTC"), each.period, event.currency)
        sold = sales.get(of_service)
        if sold is None:
            sold = sales[of_service] = _Hour()
        sold.add(_paid(each), is_billable=is_billable)
    return usage, sales


def _write_usage(cursor: CursorWrapper, hours: Mapping[_UsageKey, _Hour]) -> None:
    wallet_ids, starts, months, services, keys, channels, names = zip(*hours, strict=True)
    cursor.execute(
        "INSERT INTO rating_hourlyusage AS h (wallet_id, starts_at, period, service_id, api_key_id, channel, alias,"
        " requests, failures, charged) SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::date[], %s::uuid[],"
        " %s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[])"
        " ON CONFLICT (wallet_id, period, starts_at, service_id, channel, api_key_id, alias) DO UPDATE"
        " SET requests = h.requests + excluded.requests, failures = h.failures + excluded.failures,"
        " charged = h.charged + excluded.charged",
        [
            array(wallet_ids),
            _moments(starts),
            *map(array, (months, services, keys)),
            *map(text_array, (channels, names)),
            *_sums(hours),
        ],
    )


def _write_sales(cursor: CursorWrapper, hours: Mapping[_SalesKey, _Hour], slot: int) -> None:
    services, starts, months, currencies = zip(*hours, strict=True)
    cursor.execute(
        "INSERT INTO rating_hourlysales AS h (service_id, starts_at, period, currency, slot, requests, failures, paid)"
        " SELECT service, hour, month, currency, %s, requests, failures, paid FROM unnest(%s::uuid[],"
        " %s::timestamptz[], %s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[])"
        " AS each (service, hour, month, currency, requests, failures, paid)"
        " ON CONFLICT (service_id, period, starts_at, currency, slot) DO UPDATE"
        " SET requests = h.requests + excluded.requests, failures = h.failures + excluded.failures,"
        " paid = h.paid + excluded.paid",
        [slot, array(services), _moments(starts), array(months), text_array(currencies), *_sums(hours)],
    )


def _paid(booked: Booked) -> Decimal:
    """Return what the customer paid, with what the platform paid in their stead."""
    if not booked.adjustments:
        return booked.charged
    lent = (each.amount for each in booked.adjustments if each.kind == "promotion" and each.funded_by == "platform")
    return sum(lent, booked.charged)


def _testers_and_slot(cursor: CursorWrapper) -> tuple[str | None, int]:
    """Return the team of the platform's own tests, and a slot that is this transaction's until its end."""
    cursor.execute(
        "SELECT (SELECT id::text FROM teams_team WHERE name = %s), hourly_sales_slot()", [settings.TEST_CUSTOMER_TEAM]
    )
    testers, slot = cursor.fetchone()
    return testers, slot


def _moments(moments: Iterable[datetime]) -> str:
    return text_array(moment.isoformat() for moment in moments)


def _sums(hours: Mapping[_UsageKey, _Hour] | Mapping[_SalesKey, _Hour]) -> list[str]:
    rows = hours.values()
    return [
        array(each.requests for each in rows),
        array(each.failures for each in rows),
        array(each.amount for each in rows),
    ]
