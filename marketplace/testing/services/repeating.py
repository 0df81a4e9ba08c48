"""What the clock asks for: active services are tested again, lost runs taken up, old details forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from common import jobs
from marketplace.catalog.models import Service
from marketplace.testing import queries
from marketplace.testing.models import Purpose, TestResult, TestRun
from marketplace.testing.services import customer
from marketplace.testing.services.beginning import begin
from marketplace.testing.services.carrying_out import SILENT_AFTER

_LOST_AFTER = timedelta(seconds=60)
_AT_ONCE = 20
_DETAILS_KEPT = timedelta(days=30)
_RUNS_KEPT = timedelta(days=180)


def retest(*, now: datetime) -> int:
    """Have active services tested whose turn it is, as long as the day's money lasts. Returns how many."""
    hours = settings.TEST_INTERVAL_HOURS
    if not hours or not customer.has_money_for_today(now=now):
        return 0
    due = queries.services_to_retest(before=now - timedelta(hours=hours), limit=_AT_ONCE)
    for service in Service.objects.filter(pk__in=due):
        begin(service=service, purpose=Purpose.MONITORING, force=True, by=None, now=now)
    return len(due)


def sweep(*, now: datetime) -> int:
    """Send open runs again that no worker is at. Returns how many."""
    lost = queries.lost_runs(queued_before=now - _LOST_AFTER, silent_since=now - SILENT_AFTER)
    for run_id in lost:
        jobs.enqueue("marketplace.testing.carry_out", run_id=str(run_id))
    return len(lost)


def prune(*, now: datetime) -> None:
    """Forget what scripts wrote after a month, and whole runs after half a year."""
    old = TestResult.objects.filter(is_pruned=False, executed_at__lt=now - _DETAILS_KEPT)
    old.update(stdout="", stderr="", env={}, rendered_script="", upstream_channels={}, is_pruned=True)
    TestRun.objects.filter(finished_at__lt=now - _RUNS_KEPT).delete()
