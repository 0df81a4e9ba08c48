"""Reads of request logs, always from the team, and never what it may not keep any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from accounts.teams.models import Team
from billing.rating.models import Charge, PeriodUsage
from common import ports
from common.errors import NotFound
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.request_logs import ids, retention, searching
from gateway_admin.request_logs.filters import Filter
from gateway_admin.request_logs.models import KeptBodies, LogSetting, Mode, RequestLog
from gateway_admin.request_logs.retention import Retention
from gateway_admin.schedules.models import Run
from marketplace.catalog.models import Service

#: No call takes longer than that: a row that is written now began later.
LONGEST_CALL = timedelta(minutes=11)
_MOST_PARTS, _MOST_RUNS = 200, 5000
_EXPORT_ROWS = 2000


@dataclass(frozen=True, slots=True)
class LogPage:
    """rows: newest first. next_id: the list goes on below it; None at its end.

    looked_back_to: the search has looked at as many rows as it may, and got to there without filling the page.
    """

    rows: Sequence[RequestLog]
    next_id: UUID | None
    looked_back_to: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Return whether there are more rows than it has room for."""
        return self.next_id is not None and self.looked_back_to is None


@dataclass(frozen=True, slots=True)
class Newest:
    """One of the last calls. cost: (what was charged, currency) once it is settled."""

    row: RequestLog
    cost: tuple[Decimal, str] | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows fit. is_exact: all were looked at; else there are at least so many."""

    number: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """How many rows began in a stretch of time, by how they ended."""

    starts_at: datetime
    answered: int
    refused: int
    failed: int

    @property
    def total(self) -> int:
        return self.answered + self.refused + self.failed


@dataclass(frozen=True, slots=True)
class Failures:
    """How often a seller's service failed, of all its customers together."""

    service_id: UUID
    error_type: str
    count: int
    last_at: datetime


def setting(*, team: Team) -> LogSetting | None:
    """Return what a team has said about its log, or None."""
    return LogSetting.objects.filter(pk=team.pk).first()


def mode(*, team: Team) -> Mode:
    """Return what of bodies a team wants kept of every call."""
    return mode_of(setting(team=team))


def mode_of(said: LogSetting | None) -> Mode:
    """Return what of bodies is kept by what a team has said."""
    return Mode(said.mode) if said else Mode.NONE


def retention_of(*, team: Team) -> Retention:
    """Return for how long a team's log is kept."""
    return retention.of_team(team.pk, setting(team=team))


def page(
    *,
    team: Team,
    wanted: Filter,
    now: datetime,
    before: UUID | None = None,
    skip: int = 0,
    limit: int = 50,
    holds: Retention | None = None,
) -> LogPage:
    """Return a part of a team's log.

    before: an id; the list goes on below it. holds: what `retention_of` returns, where it is known already.
    """
    found = searching.search(team.pk, wanted, since=_since(team, now, holds), before=before)
    budget = max(searching.BUDGET, skip + limit + 1)
    sql, arguments = found.found("*", "ORDER BY id DESC OFFSET %s LIMIT %s", skip, limit + 1, budget=budget)
    rows = list(RequestLog.objects.raw(sql, arguments))
    if len(rows) > limit:
        return LogPage(rows[:limit], rows[limit - 1].pk)
    last = _last_looked_at(found, budget)
    return LogPage(rows, last, ids.moment(last) if last else None)


def count(*, team: Team, wanted: Filter, now: datetime) -> Count:
    """Return how many rows there are, as far as one search looks."""
    found = searching.search(team.pk, wanted, since=_since(team, now), before=None)
    sql, arguments = found.found("count(*)", "")
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        number = int(cursor.fetchone()[0])
    return Count(number, is_exact=_last_looked_at(found) is None)


def histogram(
    *,
    team: Team,
    wanted: Filter,
    now: datetime,
    bars: int = 48,
    holds: Retention | None = None,
    first: LogPage | None = None,
) -> list[Bar]:
    """Return the newest rows that fit, as far as one search looks, in stretches of equal length from old to new.

    holds: as for `page`. first: the first page of the same search, where it is known: how far that has looked.
    """
    since = _since(team, now, holds)
    found = searching.search(team.pk, wanted, since=since, before=None)
    last = _last_looked_at(found) if first is None or first.is_full else first.next_id
    end = min(wanted.end_time or now, now)
    start = max(ids.moment(last) if last else wanted.start_time, ids.moment(since))
    width = max((end - start) / bars, timedelta(milliseconds=1))
    columns = (
        "least(floor(extract(epoch FROM started_at - %s::timestamptz) * 1000 / %s)::integer, %s) AS bar,"
        " count(*) FILTER (WHERE error_source = ''),"
        " count(*) FILTER (WHERE error_source NOT IN ('', 'upstream', 'gateway')),"
        " count(*) FILTER (WHERE error_source IN ('upstream', 'gateway'))"
    )
    sql, arguments = found.found(columns, "GROUP BY bar")
    with connection.cursor() as cursor:
        cursor.execute(sql, [start, width / timedelta(milliseconds=1), bars - 1, *arguments])
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Bar(start + width * number, *counted.get(number, (0, 0, 0))) for number in range(bars)]


def every(*, team: Team, wanted: Filter, now: datetime) -> Iterator[RequestLog]:
    """Yield every row that fits, newest first, in as many searches as it takes."""
    before: UUID | None = None
    while True:
        part = page(team=team, wanted=wanted, now=now, before=before, limit=_EXPORT_ROWS)
        yield from part.rows
        if part.next_id is None:
            return
        before = part.next_id


def fresh(*, team: Team, wanted: Filter, now: datetime, limit: int = 200) -> list[RequestLog]:
    """Return the newest rows that fit and that may have been written just now: long calls come late."""
    recent = searching.search(team.pk, wanted, since=max(_since(team, now), ids.bound(now - LONGEST_CALL)), before=None)
    sql, arguments = recent.found("*", "ORDER BY id DESC LIMIT %s", limit, budget=2000)
    return list(RequestLog.objects.raw(sql, arguments))


def has_row(*, team: Team, log_id: UUID, now: datetime) -> bool:
    """Return whether there is such a row of the team's to be looked at."""
    return RequestLog.objects.filter(team_id=team.pk, pk=log_id, pk__gte=_since(team, now)).exists()


def newest(*, team: Team, since: datetime, now: datetime, limit: int) -> list[Newest]:
    """Return a team's last calls, without their parts, with what they cost: in one query, wherever they are found."""
    wanted = Filter(start_time=since, calls_only=True)
    found = searching.search(team.pk, wanted, since=_since(team, now), before=None)
    sql, arguments = found.found("*", "ORDER BY id DESC LIMIT %s", limit, budget=50 * limit)
    joined = (
        "SELECT row.*, charge.charged AS cost, wallet.currency AS currency"  # noqa: S608  words of this app
        f" FROM ({sql}) AS row LEFT JOIN rating_charge charge ON charge.event_id = row.id"
        " LEFT JOIN wallets_wallet wallet ON wallet.id = charge.wallet_id ORDER BY row.id DESC"
    )
    rows = list(RequestLog.objects.raw(joined, arguments))
    costs = [(vars(row)["cost"], vars(row)["currency"]) for row in rows]
    return [Newest(row, cost if cost[0] is not None else None) for row, cost in zip(rows, costs, strict=True)]


def row(*, team: Team, log_id: UUID, now: datetime) -> RequestLog:
    """Return a row of the team's. Raises: NotFound."""
    return _one(team, log_id, now, is_locked=False)


def lock_row(*, team: Team, log_id: UUID, now: datetime) -> RequestLog:
    """Return a row of the team's, locked. Raises: NotFound."""
    return _one(team, log_id, now, is_locked=True)


def parts(call: RequestLog) -> list[RequestLog]:
    """Return a call and the attempts that it consisted of, in the order in which they began."""
    own = RequestLog.objects.filter(team_id=call.team_id, pk=call.call_id)
    # all parts of a call begin within the time that one may take; in the same millisecond their ids may be smaller
    began = ids.moment(call.call_id)
    others = RequestLog.objects.filter(
        team_id=call.team_id,
        call_id=call.call_id,
        pk__gte=ids.bound(began),
        pk__lt=ids.bound(began + LONGEST_CALL),
    ).exclude(pk=call.call_id)
    return [*own, *others.order_by("pk")[:_MOST_PARTS]]


def kept(*, team: Team, log_id: UUID, now: datetime) -> KeptBodies | None:
    """Return what is kept of a call's headers and bodies, or None."""
    since = ids.bound(retention_of(team=team).bodies_since(now))
    return KeptBodies.objects.filter(team_id=team.pk, pk=log_id, pk__gte=since).first()


def costs(rows: Iterable[RequestLog]) -> dict[UUID, tuple[Decimal, str]]:
    """Return {event id: (what was charged, currency)} of those rows that have been settled."""
    settled = Charge.objects.filter(pk__in=[each.pk for each in rows if each.has_event]).select_related("wallet")
    return {each.pk: (each.charged, each.wallet.currency) for each in settled}


def keys(*, team: Team, rows: Iterable[RequestLog] = ()) -> dict[UUID, ApiKey]:
    """Return a team's keys that rows name, or all of them."""
    found = ApiKey.objects.filter(team=team)
    named = {each.api_key_id for each in rows if each.api_key_id}
    return {key.pk: key for key in (found.filter(pk__in=named) if named else found)}


def services_used(*, team: Team) -> dict[UUID, str]:
    """Return the services that a team has ever been charged for: {id: name}."""
    used = PeriodUsage.objects.filter(wallet__team=team).values_list("service_id", flat=True).distinct()
    return ports.service_names(used)


def failures_of_seller(*, team: Team, since: datetime) -> list[tuple[str, Failures]]:
    """Return (name of the service, how it failed) of a seller's services, the most frequent first."""
    names = dict(Service.objects.filter(seller=team, revision_of=None).values_list("pk", "name"))
    return [(names[each.service_id], each) for each in failures(service_ids=list(names), since=since)]


def failures(*, service_ids: Sequence[UUID], since: datetime) -> list[Failures]:
    """Return how often a seller's services failed, the most frequent first. Of no customer in particular."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT service_id, error_type, count(*), max(started_at) FROM ("
            "  SELECT service_id, error_type, started_at FROM request_logs_requestlog"
            "   WHERE service_id = ANY(%s) AND error_source = 'upstream' AND id >= %s ORDER BY id DESC LIMIT %s"
            ") AS seen GROUP BY service_id, error_type ORDER BY count(*) DESC, service_id LIMIT 100",
            [list(service_ids), ids.bound(since), searching.BUDGET],
        )
        return [Failures(*each) for each in cursor.fetchall()]


def _since(team: Team, now: datetime, holds: Retention | None = None) -> UUID:
    return ids.bound((holds or retention_of(team=team)).rows_since(now))


def _one(team: Team, log_id: UUID, now: datetime, *, is_locked: bool) -> RequestLog:
    rows = RequestLog.objects.filter(team_id=team.pk, pk=log_id, pk__gte=_since(team, now))
    found = (rows.select_for_update() if is_locked else rows).first()
    if found is None:
        raise NotFound(what="call")
    return found


def _last_looked_at(found: searching.Search, budget: int | None = None) -> UUID | None:
    """Return the id at which a search stopped because it may look at no more, else None."""
    seen, arguments = found.seen("id", budget=budget)
    last_place = (budget or searching.BUDGET) - 1
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({seen}) AS seen OFFSET {last_place} LIMIT 1", arguments)  # noqa: S608
        last = cursor.fetchone()
    return last[0] if last else None


def runs_of(*, team: Team, schedule_id: UUID | None) -> tuple[UUID, ...] | None:
    """Return the newest runs of a schedule of the team's, for the filter; None when none is asked for."""
    if schedule_id is None:
        return None
    runs = Run.objects.filter(team=team, schedule_id=schedule_id).order_by("-due_at")
    return tuple(runs.values_list("id", flat=True)[:_MOST_RUNS])


def schedules_of(rows: Iterable[RequestLog]) -> dict[UUID, UUID]:
    """Return {run: its schedule} of rows that a schedule has made."""
    made = {row.origin_id for row in rows if row.origin == "schedule" and row.origin_id}
    return dict(Run.objects.filter(id__in=made).values_list("id", "schedule_id")) if made else {}
