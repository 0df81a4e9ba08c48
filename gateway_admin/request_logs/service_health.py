"""How services did lately, of all customers together: shares and times, never how much anybody called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from gateway_admin.request_logs import ids

#: At most so many of the newest rows are looked at.
BUDGET = 50_000
#: With fewer attempts, or of fewer customers, nothing is told: it would be about somebody in particular.
LEAST_ATTEMPTS, LEAST_CUSTOMERS = 20, 3
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_SQL = """
WITH attempts AS (
  SELECT service_id, team_id, id >= %(hour)s AS is_recent, upstream_ms,
         error_source = 'upstream'
         AND (status NOT BETWEEN 400 AND 499 OR status IN (408, 429))
         AND outcome <> 'interrupted' AS has_failed
    FROM (SELECT id, service_id, team_id, upstream_ms, error_source, outcome, has_event, memo,
                 coalesce(upstream_status, status) AS status
            FROM request_logs_requestlog WHERE id >= %(day)s ORDER BY id DESC LIMIT %(budget)s) AS newest
   WHERE service_id IS NOT NULL AND has_event AND memo <> 'hit'
), spans AS (SELECT * FROM attempts, (VALUES (true), (false)) AS span (is_hour) WHERE is_recent OR NOT is_hour)
SELECT service_id, is_hour, count(*) FILTER (WHERE has_failed)::float / count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY upstream_ms) FILTER (WHERE NOT has_failed)
  FROM spans GROUP BY service_id, is_hour
HAVING count(*) >= %(attempts)s AND count(DISTINCT team_id) >= %(customers)s
"""


@dataclass(frozen=True, slots=True)
class Health:
    """What a stretch of time says about a service. failed: share of the attempts; p50_ms: None when all failed."""

    failed: float
    p50_ms: float | None


def lately(*, now: datetime) -> dict[tuple[UUID, timedelta], Health]:
    """Return {(service, HOUR or DAY): health} for whatever enough customers have called enough.

    An attempt fails when the upstream does: 5xx, 408, 429, or none at all. What it refused was the
    client's; who left before the end is not known, so an interrupted answer is no failure.
    """
    arguments: dict[str, UUID | int] = {
        "hour": ids.bound(now - HOUR),
        "day": ids.bound(now - DAY),
        "budget": BUDGET,
        "attempts": LEAST_ATTEMPTS,
        "customers": LEAST_CUSTOMERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, arguments)
        return {(row[0], HOUR if row[1] else DAY): Health(row[2], row[3]) for row in cursor.fetchall()}
