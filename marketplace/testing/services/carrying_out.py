"""A test run, from the moment that a worker takes it to its end. It can be taken up again after a worker's death."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Team
from marketplace.testing import queries, runner, stand_in
from marketplace.testing.models import Fault, Outcome, ResultStatus, RunStatus, Source, TestRun
from marketplace.testing.services import customer, probing, recording, scripting, tokens
from marketplace.testing.services.cells import Cell, cells
from marketplace.testing.services.concluding import conclude, stop
from marketplace.testing.services.scene import Clock, Found, Scene

log = logging.getLogger(__name__)

#: How often a run is taken up before it is given up, and when one counts as left by its worker.
MOST_ATTEMPTS = 3
SILENT_AFTER = timedelta(minutes=6)
#: All cells of a run together; a worker's task is ended after ten minutes.
_SECONDS = 480.0
_OUR_MISTAKE = "The tests met an error that is ours. It has been logged; run them again later, or ask support."
_TOO_LONG = "Your files: all tests of a run take at most 8 minutes, and these took longer."
_NO_PRICE = "Your files: the service has no list price, so no customer could call it. State one, then run the tests."


def carry_out(*, run_id: UUID, clock: Clock) -> None:
    """Carry a run out: each cell, then the end. Does nothing for one that has ended or that another worker is at."""
    run = _take(run_id, clock())
    if run is None:
        return
    try:
        _carry_out(run, clock)
    except Exception:
        # the sweep takes it up again within a minute or two; after a few times the seller is told
        log.exception("testing.run_failed", extra={"run_id": str(run_id)})
        if run.attempts >= MOST_ATTEMPTS:
            stop(run_id=run_id, error=_OUR_MISTAKE, now=clock())
        else:
            _put_back(run)


@transaction.atomic
def _take(run_id: UUID, now: datetime) -> TestRun | None:
    found = TestRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=run_id).first()
    if found is None or not found.is_open:
        return None
    if found.status == RunStatus.RUNNING and found.heard_at and found.heard_at > now - SILENT_AFTER:
        return None
    if found.attempts >= MOST_ATTEMPTS:
        stop(run_id=run_id, error=_OUR_MISTAKE, now=now)
        return None
    found.status, found.heard_at, found.attempts = RunStatus.RUNNING, now, found.attempts + 1
    found.started_at = found.started_at or now
    found.save(update_fields=["status", "heard_at", "attempts", "started_at"])
    return queries.run(run_id)


def _put_back(run: TestRun) -> None:
    """Let a run wait again, unless another worker has it now: nobody is to wait until this one counts as silent."""
    mine = TestRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING, attempts=run.attempts)
    mine.update(status=RunStatus.QUEUED)


def _carry_out(run: TestRun, clock: Clock) -> None:
    team = customer.funded_customer(currency=run.service.currency, now=clock())
    with transaction.atomic():
        tokens.publish(run)
    scene = Scene(run, team, settings.GATEWAY_INTERNAL_URL, runner.configured(), clock)
    planned = _cells(run, team)
    TestRun.objects.filter(pk=run.pk).update(total=len(planned))
    until = time.monotonic() + _SECONDS
    for cell in planned:
        if not TestRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).exists():
            break
        if not _has_result(run, cell):
            found = _found(cell, scene) if time.monotonic() < until else _failed(_TOO_LONG, Fault.SELLER_FILE)
            recording.record(run=run, cell=cell, found=found, now=clock())
            _pause(cell, found, until)
    conclude(run_id=run.pk, now=clock())


def _cells(run: TestRun, team: Team) -> list[Cell]:
    return cells(run, stand_in.tested(stand_in.enrollment(run.service, team, run.pk)))


def _found(cell: Cell, scene: Scene) -> Found:
    if scene.run.service.list_price is None:
        return _failed(_NO_PRICE, Fault.SELLER_FILE)
    return probing.run(cell, scene) if cell.source == Source.PROBE else scripting.run(cell, scene)


def _failed(error: str, fault: Fault) -> Found:
    return Found(ResultStatus.TASK_FAILED, Outcome.GATEWAY_ONLY_FAIL, fault, error)


def _has_result(run: TestRun, cell: Cell) -> bool:
    done = run.results.filter(document=cell.document, interface=cell.tested.interface, source=cell.source)
    return done.filter(channel=cell.channel).exists()


def _pause(cell: Cell, found: Found, until: float) -> None:
    """Wait as long as a document asks for after its test, for upstreams that count calls."""
    told = cell.document.meta.get("sleep_after_test") if cell.document is not None else None
    if isinstance(told, int | float) and not isinstance(told, bool) and found.status != ResultStatus.SKIPPED:
        time.sleep(max(min(float(told), 30.0, until - time.monotonic()), 0.0))
