"""Tests in the sellers' API: run, executed, reported, looked at.

They stand with the services and documents of the catalogue, in its router: an address may have several methods, and a
router answers all of them.
"""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Status

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from accounts.users.models import User
from common.errors import NotFound
from common.ninja import Endpoints
from marketplace.catalog import queries as catalog
from marketplace.catalog.api import router
from marketplace.testing import queries, schemas, services
from marketplace.testing.models import TestResult

endpoint = Endpoints(router)


@endpoint("POST", "/services/{service_id}/run-tests", {202: schemas.RunAccepted})
def run_tests(
    request: KeyRequest,
    service_id: str,
    document_id: str | None = None,
    category: schemas.Category | None = None,
    force: bool = False,
) -> Status[schemas.RunAccepted]:
    """Run the tests of a service, of one document or category. force: also what has passed before."""
    callers.check(request, Permission.MANAGE_SERVICES)
    service = catalog.seller_service(team=request.team, service_id=service_id)
    document = None
    if document_id is not None:
        document = catalog.seller_document(team=request.team, document_id=document_id)
        if document not in catalog.documents(service):
            raise NotFound(what="document")
    run = services.begin(
        service=service,
        document=document,
        category=category or "",
        force=force,
        by=_person(request),
        now=timezone.now(),
    )
    return Status(202, schemas.RunAccepted(task_id=str(run.pk), status=run.status))


@endpoint("PATCH", "/documents/{document_id}", {200: schemas.TestState})
def document_report(request: KeyRequest, document_id: str, body: schemas.TestUpdate) -> schemas.TestState:
    """Skip a document's test, take that back, or report what came of it on the seller's machine."""
    callers.check(request, Permission.MANAGE_SERVICES)
    document = catalog.seller_document(team=request.team, document_id=document_id)
    told = services.Report(body.status, body.at(), body.tests or {})
    test = services.report(document=document, told=told, by=_person(request), now=timezone.now())
    messages = {"skip": "The test is skipped.", "pending": "The test will run."}
    return schemas.state(document, test, messages.get(body.status, "The result is recorded."))


@endpoint("POST", "/documents/{document_id}/execute", {200: schemas.TestState})
def document_execute(request: KeyRequest, document_id: str, force: bool = False) -> schemas.TestState:
    """Run one document at every interface of its service. Poll /tasks/ for the result."""
    callers.check(request, Permission.MANAGE_SERVICES)
    document = catalog.seller_document(team=request.team, document_id=document_id)
    service = queries.services_of(document).first()
    if service is None:
        raise NotFound(what="service")
    run = services.begin(service=service, document=document, force=force, by=_person(request), now=timezone.now())
    test = queries.test_of(document)
    return schemas.state(document, {**test, "status": "pending"}, "Queued.", task_id=str(run.pk))


@endpoint("GET", "/documents/{document_id}/test-details", {200: schemas.TestDetail})
def show_test_details(
    request: KeyRequest,
    document_id: str,
    interface_id: str | None = None,
    channel: str | None = None,
    upstream: bool = False,
) -> schemas.TestDetail:
    """Return the last result of a document, at an interface and channel when they are given, with what it wrote."""
    document = catalog.seller_document(team=request.team, document_id=document_id)
    result = queries.last_result(document, interface_id=_uuid(interface_id), channel="" if upstream else channel or "")
    if result is None and interface_id is None and not upstream:
        return schemas.summary(queries.test_of(document))
    if result is None:
        raise NotFound(what="test result")
    return _upstream(result, channel) if upstream else schemas.detail(result)


def _upstream(result: TestResult, channel: str | None) -> schemas.TestDetail:
    known = result.upstream_channels
    if not known or (channel is not None and channel not in known):
        raise NotFound(what="test result")
    return schemas.upstream_detail(result, channel if channel is not None else min(known))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        raise NotFound(what="interface") from None


def _person(request: KeyRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
