"""Enrollments over JSON. What a key makes belongs to its team: `shared` is understood and changes nothing."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Router, Status

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common import pagination
from common.errors import NotFound
from common.ninja import MOST_SKIPPED, Endpoints
from marketplace.catalog import queries as catalog
from marketplace.catalog.customer.schemas import Interface, shared_interface
from marketplace.enrollments import queries, schemas, services
from marketplace.enrollments.models import EnrollmentStatus

router = Router(tags=["enrollments"])
endpoint = Endpoints(router)
_MOST = 1000
#: What an enrollment's status means to somebody who waits for it.
_STATES = {"pending": "PENDING", "incomplete": "FAILURE"}


@endpoint("GET", "/enrollments/", {200: schemas.EnrollmentPage})
def enrollment_list(
    request: KeyRequest,
    skip: int = 0,
    limit: int = 100,
    include_service_details: bool = True,
    shared: bool = True,
) -> schemas.EnrollmentPage:
    """Return the team's enrollments, newest first."""
    rows = queries.enrollments(team=request.team).prefetch_related("service__interfaces")
    start, size = min(max(skip, 0), MOST_SKIPPED), min(max(limit, 0), _MOST)
    return schemas.EnrollmentPage(
        data=[
            schemas.enrollment_out(each, with_service=include_service_details)
            for each in pagination.part(rows, start, start + size)
        ],
        count=rows.count(),
        skip=start,
        limit=size,
    )


@endpoint("POST", "/enrollments/", {202: schemas.EnrollmentAccepted})
def enrollment_create(
    request: KeyRequest, body: schemas.EnrollmentIn, shared: bool = False
) -> Status[schemas.EnrollmentAccepted]:
    """Enroll in a service at its present price. The enrollment can be called at once."""
    callers.check(request, Permission.MANAGE_ENROLLMENTS)
    enrollment = services.enroll(
        team=request.team,
        service=queries.offered_service(team=request.team, service_id=body.service_id),
        by=request.api_key.created_by,
        parameters=body.parameters or {},
        now=timezone.now(),
    )
    return Status(
        202,
        schemas.EnrollmentAccepted(
            id=enrollment.pk,
            service_id=enrollment.service_id,
            status=enrollment.status,
            task_id=str(enrollment.pk),
            message=f"Enrolled. Call it at {schemas.code_address(enrollment)}.",
            owner_id=None,
        ),
    )


@endpoint("GET", "/enrollments/{uuid:enrollment_id}", {200: schemas.EnrollmentOut})
def enrollment_detail(
    request: KeyRequest, enrollment_id: UUID, include_service_details: bool = True
) -> schemas.EnrollmentOut:
    """Return one enrollment."""
    found = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    return schemas.enrollment_out(found, with_service=include_service_details)


@endpoint("DELETE", "/enrollments/{uuid:enrollment_id}", {200: schemas.EnrollmentCancelled})
def enrollment_cancel(request: KeyRequest, enrollment_id: UUID) -> schemas.EnrollmentCancelled:
    """End an enrollment. A second call changes nothing."""
    callers.check(request, Permission.MANAGE_ENROLLMENTS)
    enrollment = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    cancelled = services.cancel(enrollment=enrollment, now=timezone.now())
    return schemas.EnrollmentCancelled(
        enrollment_id=cancelled.pk,
        status=cancelled.status,
        message=f"The enrollment {cancelled.code} in {cancelled.service} is cancelled.",
    )


@endpoint("GET", "/tasks/{enrollment_task}", {200: schemas.TaskOut})
def task_detail(request: KeyRequest, enrollment_task: str) -> schemas.TaskOut:
    """Return what became of an enrollment that was accepted."""
    try:
        found = queries.enrollment(team=request.team, enrollment_id=UUID(enrollment_task))
    except ValueError:
        raise NotFound(what="task") from None
    return schemas.TaskOut(
        task_id=enrollment_task,
        status="pending" if found.status == EnrollmentStatus.PENDING else "completed",
        state=_STATES.get(found.status, "SUCCESS"),
        message=found.get_status_display(),
        result={"enrollment_id": str(found.pk), "status": found.status, "code": found.code},
    )


@endpoint("GET", "/services/{uuid:service_id}/interfaces", {200: list[Interface]})
def interface_list(request: KeyRequest, service_id: UUID) -> list[Interface]:
    """Return where the caller reaches a service: what everybody shares, then their own enrollments in it."""
    service = queries.offered_service(team=request.team, service_id=service_id)
    own = queries.active_enrollments(team=request.team, service=service)
    return [
        *(shared_interface(each) for each in catalog.shared_interfaces(service)),
        *(schemas.own_interface(each) for each in own),
    ]
