"""The sellers' API over services: what `usvc seller` calls. Mounted below /v1/seller, and /v1 of a seller's host.

Whoever mounts it authenticates: `request.team` is the seller, `request.api_key` has the role.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, BinaryIO, cast
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from ninja import File, Header, Query, Router, Schema, Status
from ninja.decorators import decorate_view
from ninja.files import UploadedFile

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.models import Team
from accounts.teams.permissions import Permission
from accounts.users.models import User
from common import cursors, ports
from common.errors import Invalid
from common.http import envelope, status_of
from common.ninja import Endpoint, Endpoints, ErrorBody
from marketplace.catalog import queries, schemas, services
from marketplace.catalog.models import Service
from marketplace.catalog.services.blobs import SIZE_LIMIT, FileTooLarge
from marketplace.catalog.services.errors import DeletionRefused

router = Router(tags=["services"])
endpoint = Endpoints(router)
_PAGE_LIMIT = 200
_TASKS_LIMIT = 100
#: What a form needs around its file.
_FORM_BYTES = 64 * 1024


def within(limit: int) -> Callable[[Endpoint], Endpoint]:
    """Refuse a body of more than `limit` bytes before any of it is read."""

    def decorate(run: Endpoint) -> Endpoint:
        @wraps(run)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            length = request.headers.get("Content-Length", "0")
            if length.isdigit() and int(length) > limit:
                error = FileTooLarge(limit_mib=SIZE_LIMIT // 1024 // 1024)
                body = envelope(request, code=error.code, message=error.message)
                return JsonResponse(body, status=status_of(error))
            return run(request, *args, **kwargs)

        return cast(Endpoint, limited)

    return decorate


@endpoint("POST", "/upload", {200: schemas.FileStored}, makes=False)
@decorate_view(within(SIZE_LIMIT + _FORM_BYTES))
def file_upload(request: KeyRequest, file: File[UploadedFile]) -> schemas.FileStored:
    """Store a file that documents refer to, by its content."""
    _check(request)
    content = cast(BinaryIO, file)
    blob, is_new = services.store_blob(content=content, filename=file.name or "", mime_type=file.content_type or "")
    return schemas.FileStored(
        object_key=blob.key, filename=blob.filename, mime_type=blob.mime_type, size=blob.size, uploaded=is_new
    )


@endpoint("POST", "/services", {202: schemas.UploadAccepted})
def service_upload(
    request: KeyRequest,
    body: schemas.UploadBody,
    auto_submit: bool = False,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Status[schemas.UploadAccepted]:
    """Accept the three files of a service; a worker ingests them. Poll /tasks/ for the result."""
    _check(request)
    task = services.accept_upload(
        seller=request.team,
        payload=body.dict(),
        auto_submit=auto_submit,
        key=idempotency_key,
        by=_person(request),
        now=timezone.now(),
    )
    return Status(
        202, schemas.UploadAccepted(task_id=task.key, message="The upload is queued. Poll /tasks/ for the result.")
    )


@endpoint("GET", "/tasks/", {200: dict[str, schemas.TaskStatus]})
def task_list(request: KeyRequest, id: Query[list[str]]) -> dict[str, schemas.TaskStatus]:
    """Return the state of up to a hundred uploads and test runs."""
    if not 0 < len(id) <= _TASKS_LIMIT:
        raise Invalid([f"id: give 1 to {_TASKS_LIMIT} task ids (got {len(id)})."])
    return _tasks(request.team, id)


@endpoint("GET", "/tasks/{task_id}", {200: schemas.TaskStatus})
def task_detail(request: KeyRequest, task_id: str) -> schemas.TaskStatus:
    """Return the state of one upload or test run."""
    return _tasks(request.team, [task_id])[task_id]


def _tasks(team: Team, keys: list[str]) -> dict[str, schemas.TaskStatus]:
    """Return the state of uploads and test runs, by the keys that their client polls."""
    uploads = queries.upload_entries(team=team, keys=keys)
    tests = ports.test_tasks(team.pk, [key for key in keys if key not in uploads])
    return {
        key: schemas.TaskStatus(**tests[key]) if key in tests else schemas.task_status(key, uploads.get(key))
        for key in keys
    }


class ServiceFilters(Schema):
    """What a list of services may be narrowed to."""

    cursor: str | None = None
    limit: int = 50
    status: schemas.Status | None = None
    visibility: schemas.VisibilityWord | None = None
    service_type: str | None = None
    channel_type: str | None = None
    listing_type: str | None = None
    provider: str | None = None
    name: str | None = None
    ids: list[UUID] | None = None


@endpoint("GET", "/services", {200: schemas.ServicePage})
def service_list(request: KeyRequest, filters: Query[ServiceFilters]) -> schemas.ServicePage:
    """Return the seller's services and revisions, newest first."""
    found = queries.seller_services(
        team=request.team,
        status=filters.status,
        visibility=filters.visibility,
        service_type=filters.service_type,
        channel_type=filters.channel_type or filters.listing_type,
        provider=filters.provider,
        name=filters.name,
        ids=filters.ids,
    )
    page = cursors.page(found, cursor=filters.cursor, limit=min(max(filters.limit, 1), _PAGE_LIMIT))
    return schemas.ServicePage(
        data=[schemas.service_row(service) for service in page.rows],
        next_cursor=page.next_cursor,
        has_more=page.has_more,
    )


@endpoint("GET", "/services/deprecated", {200: list[schemas.DeprecatedService]})
def service_deprecated_list(request: KeyRequest) -> list[schemas.DeprecatedService]:
    """Return the services whose sale has ended."""
    return [
        schemas.DeprecatedService(
            id=service.pk,
            name=service.name,
            display_name=service.display_name or None,
            provider_name=service.provider.name,
            deprecated_at=service.deprecated_at,
        )
        for service in queries.deprecated_services(team=request.team)
    ]


@endpoint("GET", "/services/{service_id}", {200: schemas.ServiceDetail})
def service_detail(request: KeyRequest, service_id: str) -> schemas.ServiceDetail:
    """Return one service with its files, documents and interfaces. The id may be its first 8 characters or more."""
    service = _service(request, service_id)
    return schemas.service_detail(service, queries.documents(service), list(service.interfaces.all()))


@endpoint("PATCH", "/services/{service_id}", {200: schemas.ServiceChanged})
def service_update(request: KeyRequest, service_id: str, change: schemas.ServiceChange) -> schemas.ServiceChanged:
    """Change status, visibility, price or routing variables; all of what is given, or nothing."""
    _check(request)
    price = change.price if change.price is not None else change.list_price
    service = services.change(
        service=_service(request, service_id),
        status=change.status,
        visibility=change.visibility,
        price=price,
        routing_vars=change.routing_vars,
        by=_person(request),
        now=timezone.now(),
    )
    new_price = service.list_price.price if price is not None and service.list_price else None
    return schemas.ServiceChanged(
        id=service.pk,
        status=service.status if change.status else None,
        visibility=service.visibility if change.visibility else None,
        routing_vars=service.routing_vars if change.routing_vars is not None else None,
        price=new_price,
        list_price=new_price,
        message="Changed.",
    )


@endpoint("POST", "/services/{service_id}/submit", {200: schemas.ServiceChanged, 400: ErrorBody})
def service_submit(request: KeyRequest, service_id: str) -> schemas.ServiceChanged | Status[ErrorBody]:
    """Submit a service for review. Content that breaks rules is answered with all of them, and the service rejected."""
    _check(request)
    submission = services.submit(service=_service(request, service_id), by=_person(request), now=timezone.now())
    if submission.problems:
        message = "The service was rejected. Mend these problems and upload it again."
        detail = {"message": message, "problems": list(submission.problems)}
        return Status(400, ErrorBody(detail=detail, code="content_refused"))
    return schemas.ServiceChanged(
        id=submission.service.pk, status=submission.service.status, message=submission.message
    )


@endpoint("DELETE", "/services/{service_id}", {200: schemas.ServiceDeletion})
def service_delete(request: KeyRequest, service_id: str, dryrun: bool = False) -> schemas.ServiceDeletion:
    """Remove a service that was never on sale. dryrun: only tell whether it can be removed."""
    _check(request)
    service = _service(request, service_id)
    try:
        services.delete(service=service, dry_run=dryrun)
    except DeletionRefused as error:
        if not dryrun:
            raise
        return schemas.ServiceDeletion(can_delete=False, reason=error.message, deleted=False, message=error.message)
    message = f"'{service.name}' can be deleted." if dryrun else f"'{service.name}' was deleted."
    return schemas.ServiceDeletion(can_delete=True, reason=None, deleted=not dryrun, message=message)


@endpoint("GET", "/documents/{document_id}", {200: schemas.DocumentDetail})
def document_detail(request: KeyRequest, document_id: str) -> schemas.DocumentDetail:
    """Return one document with its text as uploaded. The id may be its first 8 characters or more."""
    document = queries.seller_document(team=request.team, document_id=document_id)
    return schemas.document_detail(document, queries.text_of(document))


def _service(request: KeyRequest, service_id: str) -> Service:
    return queries.seller_service(team=request.team, service_id=service_id)


def _check(request: KeyRequest) -> None:
    callers.check(request, Permission.MANAGE_SERVICES)


def _person(request: KeyRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
