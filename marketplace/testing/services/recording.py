"""What came of a cell: a row of its run, and what its document says of its tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Document
from marketplace.testing import queries
from marketplace.testing.models import Outcome, ResultStatus, TestResult, TestRun
from marketplace.testing.services.cells import Cell
from marketplace.testing.services.scene import Found

_COUNTERS = {ResultStatus.SUCCESS: "success_count", ResultStatus.SKIPPED: "skipped_count"}
#: What of a text stands in a task; of what is stored with the document.
_TASK_BYTES, _ERROR_LENGTH = 16 * 1024, 2000
_KEPT_ATTEMPT = frozenset({"status", "error", "executed_at", "exit_code"})


@transaction.atomic
def record(*, run: TestRun, cell: Cell, found: Found, now: datetime) -> TestResult:
    """Write down what came of a cell, once, and count it."""
    result, is_new = TestResult.objects.get_or_create(
        run=run,
        document=cell.document,
        interface=cell.tested.interface,
        channel=cell.channel,
        source=cell.source,
        defaults={
            "document_title": cell.title,
            "category": cell.category,
            "interface_name": cell.tested.interface.name,
            "status": found.status,
            "outcome": found.outcome,
            "fault": found.fault,
            "exit_code": found.exit_code,
            "error": found.error[:_ERROR_LENGTH],
            "stdout": found.stdout[:_TASK_BYTES],
            "stderr": found.stderr[:_TASK_BYTES],
            "env": found.env,
            "rendered_script": found.rendered_script[:_TASK_BYTES],
            "upstream_channels": found.upstream_channels,
            "executed_at": now,
            "duration_ms": found.duration_ms,
        },
    )
    if is_new:
        counter = _COUNTERS.get(found.status, "fail_count")
        TestRun.objects.filter(pk=run.pk).update(**{counter: F(counter) + 1}, heard_at=now)
        if cell.document is not None:
            tell_document(cell.document, [result])
    return result


def tell_document(document: Document, results: Iterable[TestResult]) -> dict[str, Any]:
    """Let a document say what came of its tests, in the shape that the sellers' client prints."""
    document = catalog.lock_document(document.pk)
    test = dict(queries.test_of(document))
    tests = dict(test.get("tests") or {})
    for result in results:
        if result.status == ResultStatus.SKIPPED and result.outcome != Outcome.NO_RUNNER:
            continue  # what passed before, or is skipped, stays as it is
        _tell(test, tests, result)
    test["tests"] = tests
    document.meta = {**document.meta, "test": test}
    document.save(update_fields=["meta", "updated_at"])
    return test


def _tell(test: dict[str, Any], tests: dict[str, Any], result: TestResult) -> None:
    if result.status == ResultStatus.SKIPPED:
        test.setdefault("status", "pending")
        return
    cell = {
        "name": result.interface_name,
        "status": result.status,
        "exit_code": result.exit_code,
        "error": result.error or None,
        "executed_at": result.executed_at.isoformat(),
        "source": result.source,
    }
    if result.interface_id is not None:
        key = str(result.interface_id)
        before = tests.get(key) if isinstance(tests.get(key), dict) else {}
        assert before is not None
        channels = {**(before.get("channels") or {}), result.channel: cell} if result.channel else None
        tests[key] = {**cell, "channels": channels} if channels else cell
    if result.upstream_channels:
        test["upstream_channels"] = {
            name: {key: each.get(key) for key in _KEPT_ATTEMPT if key in each}
            for name, each in result.upstream_channels.items()
        }
    elif result.status == ResultStatus.SUCCESS:
        test.pop("upstream_channels", None)
    statuses = [each.get("status") for each in tests.values()] or [result.status]
    failed = next((status for status in statuses if status != ResultStatus.SUCCESS), None)
    test |= {"status": failed or ResultStatus.SUCCESS.value, "executed_at": cell["executed_at"]}
    test |= {"exit_code": result.exit_code, "error": result.error or None}
