"""What sellers say of their scripts: that one is skipped, that it is not, and what came of it on their machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from common.errors import Invalid
from marketplace.catalog import queries as catalog
from marketplace.catalog.files.documents import EXECUTABLE_CATEGORIES
from marketplace.catalog.models import AccessInterface, Document, DocumentCategory, Service
from marketplace.testing import queries
from marketplace.testing.models import Purpose, ResultStatus, RunStatus, Source, TestResult, TestRun
from marketplace.testing.services import recording
from marketplace.testing.services.errors import NotExecutable, NotSkippable, TestStatusUnknown

_SKIP, _PENDING = "skip", "pending"
_RESULTS = frozenset(ResultStatus.values) - {ResultStatus.SKIPPED}
_STORED, _ERROR_LENGTH, _MOST_INTERFACES = 10 * 1024, 2000, 200


@dataclass(frozen=True, slots=True)
class Report:
    """status: skip, pending, or how the script ended.

    tests: {id or name of an interface: {status, exit_code, error, stdout, stderr}}.
    """

    status: str
    executed_at: datetime | None = None
    tests: dict[str, dict[str, Any]] = field(default_factory=dict)


@transaction.atomic
def report(*, document: Document, told: Report, by: User | None, now: datetime) -> dict[str, Any]:
    """Take a seller's word for a document's test, and return what the document says of it now.

    Raises: NotExecutable, NotSkippable, TestStatusUnknown, Invalid.
    """
    document = catalog.lock_document(document.pk)
    if document.category not in EXECUTABLE_CATEGORIES:
        raise NotExecutable(title=document.title)
    if told.status == _SKIP and document.category == DocumentCategory.CONNECTIVITY_TEST:
        raise NotSkippable(title=document.title)
    if told.status in {_SKIP, _PENDING}:
        return _mark(document, told.status, by, now)
    if told.status not in _RESULTS:
        raise TestStatusUnknown(status=told.status, known=", ".join([_SKIP, _PENDING, *sorted(_RESULTS)]))
    service = queries.services_of(document).first()
    if service is None:
        raise Invalid(["document: it belongs to no service that could be tested."])
    return _keep(document, service, told, by, now)


def _mark(document: Document, status: str, by: User | None, now: datetime) -> dict[str, Any]:
    stamp = "skipped" if status == _SKIP else "unskipped"
    who = str(by) if by is not None else None
    test: dict[str, Any] = {"status": status, f"{stamp}_at": now.isoformat(), f"{stamp}_by": who}
    document.meta = {**document.meta, "test": test}
    document.save(update_fields=["meta", "updated_at"])
    return test


def _keep(document: Document, service: Service, told: Report, by: User | None, now: datetime) -> dict[str, Any]:
    rows = _rows(document, service, told, now)
    failed = sum(each.is_failure for each in rows)
    run = TestRun.objects.create(
        service=service,
        purpose=Purpose.REPORT,
        status=RunStatus.COMPLETED,
        content_hash=service.content_hash,
        snapshot_status=service.status,
        document=document,
        requested_by=by,
        requested_at=now,
        started_at=now,
        finished_at=now,
        total=len(rows),
        success_count=len(rows) - failed,
        fail_count=failed,
    )
    for each in rows:
        each.run = run
    TestResult.objects.bulk_create(rows)
    return recording.tell_document(document, rows)


def _rows(document: Document, service: Service, told: Report, now: datetime) -> list[TestResult]:
    at = min(told.executed_at, now) if told.executed_at is not None else now
    if not told.tests:
        return [_row(document, None, {"status": told.status}, at)]
    if len(told.tests) > _MOST_INTERFACES:
        raise Invalid([f"tests: at most {_MOST_INTERFACES} interfaces (got {len(told.tests)})."])
    interfaces = list(service.interfaces.all())
    known = {each.name: each for each in interfaces} | {str(each.pk): each for each in interfaces}
    problems = [f"tests.{key[:40]}: not an interface of {service.name}." for key in told.tests if key not in known]
    for key, cell in told.tests.items():
        status = cell.get("status") if isinstance(cell, dict) else None
        if not isinstance(status, str) or status not in _RESULTS:
            problems.append(f"tests.{key[:40]}.status: must be one of {', '.join(sorted(_RESULTS))}.")
    named = [known[key] for key in told.tests if key in known]
    twice = {each.name for each in named if named.count(each) > 1}
    problems += [f"tests.{name}: given by its name and by its id. Give one of them." for name in sorted(twice)]
    if problems:
        raise Invalid(problems)
    return [_row(document, known[key], cell, at) for key, cell in told.tests.items()]


def _row(document: Document, interface: AccessInterface | None, cell: dict[str, Any], at: datetime) -> TestResult:
    exit_code = cell.get("exit_code")
    return TestResult(
        document=document,
        document_title=document.title,
        category=document.category,
        interface=interface,
        interface_name=interface.name if interface is not None else "",
        source=Source.REPORTED,
        status=cell["status"],
        exit_code=exit_code if isinstance(exit_code, int) and abs(exit_code) < 2**31 else None,
        error=_text(cell.get("error"), _ERROR_LENGTH),
        stdout=_text(cell.get("stdout"), _STORED),
        stderr=_text(cell.get("stderr"), _STORED),
        executed_at=at,
    )


def _text(value: object, most: int) -> str:
    return str(value)[:most].replace("\x00", "\ufffd") if value is not None else ""
