"""Fills in schedules that are due soon, waits until they were made, and prints how late that was."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

from django.db import connection

from accounts.teams.models import Team
from benchmarks.gateway.world import PATH
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.schedules import queries
from gateway_admin.schedules.models import Run, Schedule

_BEGINS_IN = timedelta(seconds=15)
_WAIT_SECONDS = 600
_LATENESS = """
SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - due_at)),
       percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - due_at))
FROM schedules_run
"""


def report(schedules: int, spread: float, dispatchers: int) -> None:
    """Print a line."""
    _fill(schedules, spread)
    deadline = time.monotonic() + _WAIT_SECONDS
    while Run.objects.exclude(state__in=["pending", "started"]).count() < schedules:
        if time.monotonic() > deadline:
            raise SystemExit(f"Not all were made: {Counter(Run.objects.values_list('state', flat=True))}")
        time.sleep(0.5)
    with connection.cursor() as cursor:
        cursor.execute(_LATENESS)
        begun, ended = cursor.fetchone()
    states = dict(Counter(Run.objects.values_list("state", flat=True)))
    load = float(open("/proc/loadavg").read().split()[0])  # noqa: SIM115, PTH123
    print(f"{schedules} schedules due in {spread:g} s, {dispatchers} dispatchers, load {load:.1f}: {states}")
    print(f"begun, seconds late:    p50 {begun[0]:.3f}  p99 {begun[1]:.3f}  max {begun[2]:.3f}")
    print(f"answered, seconds late: p50 {ended[0]:.3f}  p99 {ended[1]:.3f}  max {ended[2]:.3f}")


def _fill(many: int, spread: float) -> None:
    team, key = Team.objects.get(name="bench"), ApiKey.objects.get()
    first = queries.database_time() + _BEGINS_IN
    Schedule.objects.bulk_create(
        (
            Schedule(
                team=team,
                api_key=key,
                kind="recurrent",
                state="active",
                path=PATH,
                schedule={"schedule_type": "interval", "interval_seconds": 86_400},
                due_at=first + timedelta(seconds=spread * number / many),
                body_template={"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello"}]},
                headers={"content-type": "application/json"},
            )
            for number in range(many)
        ),
        batch_size=1000,
    )
