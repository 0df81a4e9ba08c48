"""Dispatchers that are killed all the time miss no due time and fire none twice.

KILLING_SECONDS=60 KILLING_WORKERS=8 is the length that is promised; a run of the suite takes less. A kill every 0.2 s.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import connection

from gateway_admin.schedules.models import Run, Schedule
from tests.fakes.gateway import FakeGateway, Reply
from tests.gateway_admin.schedules.conftest import past

SECONDS = float(os.environ.get("KILLING_SECONDS", "5"))
WORKERS = int(os.environ.get("KILLING_WORKERS", "4"))
EVERY = 0.2


class Nursery:
    """Processes of dispatchers."""

    def __init__(self, url: str) -> None:
        values = connection.get_connection_params()
        address = f"postgresql://{values.get('user') or ''}@/{values['dbname']}?host={values.get('host') or ''}"
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.gateway_admin.schedules.nursery", url],
            env={**os.environ, "DATABASE_URL": address},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.alive: list[int] = []

    def bear(self) -> None:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write("\n")
        self._mother.stdin.flush()
        self.alive.append(int(self._mother.stdout.readline()))

    def kill(self, which: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.alive.pop(which), signal.SIGKILL)

    def close(self) -> None:
        while self.alive:
            self.kill(0)
        self._mother.communicate(timeout=10)


@contextmanager
def nursery(url: str) -> Iterator[Nursery]:
    made = Nursery(url)
    try:
        yield made
    finally:
        made.close()


def every_second(schedule: Schedule, due, **more: object) -> None:
    """Let it run every second: more often than anybody may ask for."""
    cadence = {"schedule_type": "interval", "interval_seconds": 1}
    Schedule.objects.filter(pk=schedule.pk).update(schedule=cadence, due_at=due, state="active", **more)


@pytest.mark.chaos
def test_nothing_is_missed_and_nothing_doubled(transactional_db, make_schedule, gateway: FakeGateway):
    gateway.reply = lambda seen: Reply(wait=random.random() * 0.3)
    calm = {"schedule": None, "pause_after": 30_000, "notify_after": 30_000}
    safe = [make_schedule(method="GET", overlap="allow", name=f"g{each}", **calm) for each in range(6)]
    unsafe = [make_schedule(method="POST", overlap="allow", name=f"p{each}", **calm) for each in range(6)]
    queued = [make_schedule(method="GET", overlap="queue", name=f"q{each}", **calm) for each in range(2)]
    kills = 0
    with nursery(gateway.url) as children:
        for _ in range(WORKERS):
            children.bear()
        first = past(0) + timedelta(seconds=1)
        for each in (*safe, *unsafe, *queued):
            every_second(each, first)
        ends_at = time.monotonic() + SECONDS
        while time.monotonic() < ends_at:
            time.sleep(EVERY)
            children.kill(random.randrange(len(children.alive)))
            children.bear()
            kills += 1
        Schedule.objects.filter(state="active").update(state="draft")  # nothing more is planned
        last = past(0)
        children.bear()
        Schedule.objects.filter(state="draft").update(state="active", due_at=past(0) + timedelta(days=1))
        deadline = time.monotonic() + 90
        while Run.objects.filter(state__in=["pending", "started"]).exists():
            assert time.monotonic() < deadline, Counter(Run.objects.values_list("state", flat=True))
            time.sleep(0.1)

    calls = Counter(seen.key for seen in gateway.seen)
    for each in (*safe, *unsafe, *queued):
        runs = list(Run.objects.filter(schedule=each).order_by("due_at"))
        expected = [first + timedelta(seconds=number) for number in range(len(runs))]
        assert [run.due_at for run in runs] == expected, "a due time is missing"
        assert last - runs[-1].due_at < timedelta(seconds=5)
        for run in runs:
            if each in unsafe:
                assert calls[str(run.id)] <= 1, "a call that may change something was made twice"
                assert run.state == "done" or (run.state == "unknown"), run.error
            elif run.state != "skipped":
                assert (run.state, calls[str(run.id)] >= 1) in {("done", True), ("unknown", True), ("unknown", False)}
                assert run.state == "done" or run.attempt >= 5
    states, made = Counter(Run.objects.values_list("state", flat=True)), sum(calls.values())
    print(
        f"{kills} kills, {sum(states.values())} due times: {dict(states)}; {made} calls, {made - len(calls)} repeated"
    )
    assert kills > SECONDS
    assert set(calls) <= {str(key) for key in Run.objects.values_list("id", flat=True)}


@pytest.mark.chaos
def test_two_dispatchers_fire_a_thousand_due_times_once_each(transactional_db, make_schedule, gateway: FakeGateway):
    template = make_schedule(schedule=None, name="one of many")
    due, hourly = past(5), {"schedule_type": "interval", "interval_seconds": 3600}
    columns = {field.attname: getattr(template, field.attname) for field in Schedule._meta.concrete_fields}
    del columns["id"]
    changed = {"state": "active", "due_at": due, "schedule": hourly}
    Schedule.objects.bulk_create(Schedule(**{**columns, "name": f"n{each}", **changed}) for each in range(1000))
    with nursery(gateway.url) as children:
        children.bear(), children.bear()
        deadline = time.monotonic() + 120
        while Run.objects.filter(state="done").count() < 1000:
            assert time.monotonic() < deadline, Counter(Run.objects.values_list("state", "error_code"))
            time.sleep(0.1)

    assert Counter(seen.key for seen in gateway.seen) == Counter(map(str, Run.objects.values_list("id", flat=True)))
    assert (len(gateway.seen), Run.objects.count()) == (1000, 1000)
    assert len(set(Run.objects.values_list("worker", flat=True))) == 2
