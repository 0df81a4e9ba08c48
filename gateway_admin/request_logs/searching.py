"""Filters as SQL: one index gives the newest rows that may fit, the rest is looked at row by row, and so many at most.

So no filter costs more than looking at `BUDGET` rows, whatever it asks for and however many rows there are. A search
that has looked at so many ends there, says so, and goes on from there when it is asked to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from gateway_admin.request_logs import ids
from gateway_admin.request_logs.filters import Filter

#: The most rows that one search looks at. Those of a rare kind lie on a page of the disk each.
BUDGET = 5_000
_TABLE = "request_logs_requestlog"
#: A call and its parts. An array, so that both are found by their index and nothing is walked.
_WITH_PARTS = (
    f"id = ANY(ARRAY(SELECT %s::uuid UNION ALL SELECT id FROM {_TABLE} WHERE call_id = %s AND call_id <> id LIMIT 500))"  # noqa: S608
)


@dataclass(slots=True)
class Conditions:
    """SQL joined by AND, with its arguments."""

    sql: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)

    def add(self, sql: str, *arguments: Any) -> None:
        self.sql.append(sql)
        self.arguments.extend(arguments)

    @property
    def text(self) -> str:
        return " AND ".join(self.sql) or "true"


@dataclass(frozen=True, slots=True)
class Search:
    """reach: what the index finds. rest: what each row is held against."""

    reach: Conditions
    rest: Conditions

    def seen(self, columns: str = "*", *, budget: int | None = None) -> tuple[str, list[Any]]:
        """Return SQL of the rows that are looked at, newest first."""
        budget = budget or BUDGET
        sql = f"SELECT {columns} FROM {_TABLE} WHERE {self.reach.text} ORDER BY id DESC LIMIT {budget}"  # noqa: S608
        return sql, self.reach.arguments

    def found(self, columns: str, end: str, *arguments: Any, budget: int | None = None) -> tuple[str, list[Any]]:
        """Return SQL over those of them that fit. end: what follows the conditions."""
        seen, reach = self.seen(budget=budget)
        sql = f"SELECT {columns} FROM ({seen}) AS seen WHERE {self.rest.text} {end}"  # noqa: S608
        return sql, [*reach, *self.rest.arguments, *arguments]


def search(team_id: UUID, wanted: Filter, *, since: UUID, before: UUID | None) -> Search:
    """Return how to find a team's rows. since: the oldest id that it may see. before: where the list goes on."""
    reach, rest = Conditions(), Conditions()
    reach.add("team_id = %s", team_id)
    lower = since if wanted.request_id else max(since, ids.bound(wanted.start_time))
    reach.add("id >= %s", lower)
    if before is not None:
        reach.add("id < %s", before)
    elif wanted.end_time is not None and wanted.request_id is None:
        reach.add("id < %s", ids.bound(wanted.end_time + timedelta(milliseconds=1)))
    if before is not None and wanted.end_time is not None and wanted.request_id is None:
        reach.add("id < %s", ids.bound(wanted.end_time + timedelta(milliseconds=1)))
    _by_index(wanted, reach, rest)
    _by_row(wanted, rest)
    return Search(reach, rest)


def _by_index(wanted: Filter, reach: Conditions, rest: Conditions) -> None:
    """Let the one condition with an index that leaves the fewest rows reach them; the others are looked at."""
    only_errors = wanted.errors_only or (wanted.status_min or 0) >= 400 or wanted.error_source not in ("", "any")
    offered: list[tuple[bool, str, tuple[Any, ...]]] = [
        (wanted.request_id is not None, _WITH_PARTS, (wanted.request_id,) * 2),
        (wanted.runs is not None, "origin_id = ANY(%s)", (list(wanted.runs or ()),)),
        (wanted.session != "", "session = %s", (wanted.session,)),
        (wanted.alias != "", "alias = %s", (wanted.alias,)),
        (only_errors, "error_source <> ''", ()),
        (wanted.service_enrollment_id is not None, "enrollment_id = %s", (wanted.service_enrollment_id,)),
        (wanted.api_key_id is not None, "api_key_id = %s", (wanted.api_key_id,)),
        (wanted.service_id is not None, "service_id = %s", (wanted.service_id,)),
    ]
    has_index = False
    for is_wanted, sql, arguments in offered:
        if is_wanted:
            (rest if has_index else reach).add(sql, *arguments)
            if not has_index and sql in _PARTIAL:
                reach.add(_PARTIAL[sql])
            has_index = True


#: What the index of a condition leaves out, said so that it is used for arguments that are not known beforehand.
_PARTIAL = {
    "session = %s": "session <> ''",
    "alias = %s": "alias <> ''",
    "origin_id = ANY(%s)": "origin_id IS NOT NULL",
}


def _by_row(wanted: Filter, rest: Conditions) -> None:
    if wanted.status_min is not None:
        rest.add("status >= %s", wanted.status_min)
    if wanted.status_max is not None:
        rest.add("status <= %s AND status > 0", wanted.status_max)
    if wanted.user_request_path:
        rest.add("starts_with(path, %s)", wanted.user_request_path)
    if wanted.text:
        rest.add("position(lower(%s) IN lower(path)) > 0", wanted.text)
    if wanted.error_source == "gateway":
        rest.add("error_source NOT IN ('', 'upstream')")
    elif wanted.error_source:
        rest.add("error_source = %s", wanted.error_source)
    if wanted.error_type:
        rest.add("error_type = %s", wanted.error_type)
    if wanted.gateway_source:
        rest.add("(origin = 'call') = %s", wanted.gateway_source == "apisix")
    if wanted.min_latency_ms is not None:
        rest.add("latency_ms >= %s", wanted.min_latency_ms)
    if wanted.calls_only:
        rest.add("call_id = id")
