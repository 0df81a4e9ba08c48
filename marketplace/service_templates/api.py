"""The sellers' API over templates: what there is, what it renders to, services made of it, older clients' instances."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Header, Query, Router, Status

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common.ninja import Endpoints, ErrorBody, Window
from marketplace.catalog.schemas import UploadAccepted
from marketplace.service_templates import queries, schemas, services
from marketplace.service_templates.models import TemplateInstance

router = Router(tags=["templates"])
endpoint = Endpoints(router)
_QUEUED = "The upload is queued. Poll /tasks/ for the result."
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]


@endpoint("GET", "/templates", {200: schemas.TemplatePage})
def template_list(request: KeyRequest, window: Query[Window], service_type: str | None = None) -> schemas.TemplatePage:
    """Return the templates that services can be made of, by name."""
    found = queries.offered(service_type=service_type)
    return schemas.TemplatePage(data=[schemas.template_row(each) for each in window.of(found)], count=found.count())


@endpoint("GET", "/templates/{template_id}", {200: schemas.TemplateRow})
def template_detail(request: KeyRequest, template_id: UUID) -> schemas.TemplateRow:
    """Return one template with the schema of its parameters."""
    return schemas.template_row(queries.template(template_id))


@endpoint("POST", "/services/from-template/render", {200: schemas.RenderedFiles, 422: ErrorBody}, makes=False)
def template_render(request: KeyRequest, body: schemas.RenderBody) -> schemas.RenderedFiles | Status[ErrorBody]:
    """Return the files that a template renders to. Nothing is created."""
    try:
        rendering = services.render(template=queries.template(body.template_id), parameters=body.parameters)
    except services.ParametersRefused as error:
        return _refused(error)
    return schemas.RenderedFiles(**rendering.as_data())


@endpoint("POST", "/services/from-template", {202: UploadAccepted, 422: ErrorBody})
def service_from_template(
    request: KeyRequest, body: schemas.InstantiationBody, idempotency_key: IdempotencyKey = None
) -> Status[UploadAccepted] | Status[ErrorBody]:
    """Render a template and upload what comes out; a worker ingests it. Poll /tasks/ for the result."""
    try:
        instance = _instantiated(request, body, idempotency_key)
    except services.ParametersRefused as error:
        return _refused(error)
    return Status(202, UploadAccepted(task_id=instance.task_key, message=_QUEUED))


@endpoint("POST", "/platform-services", {202: UploadAccepted})
def platform_service_upload(
    request: KeyRequest, body: schemas.PlatformServiceBody, idempotency_key: IdempotencyKey = None
) -> Status[UploadAccepted]:
    """Publish a platform service with the template of its members, as a verified seller. Poll /tasks/."""
    callers.check(request, Permission.MANAGE_SERVICES)
    task = services.upload_platform(
        seller=request.team,
        files=body.service_data.dict(),
        member_template=body.member_template.model_dump(mode="json"),
        service_status=body.service_status.dict() if body.service_status else None,
        key=idempotency_key,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return Status(202, UploadAccepted(task_id=task.key, message=_QUEUED))


@endpoint("GET", "/instances", {200: schemas.InstancePage})
def instance_list(request: KeyRequest, window: Query[Window]) -> schemas.InstancePage:
    """Return what the seller has made of templates, newest first."""
    found = queries.instances(team=request.team)
    return schemas.InstancePage(data=[schemas.instance_row(each) for each in window.of(found)], count=found.count())


@endpoint("POST", "/instances", {202: schemas.InstanceAccepted, 422: ErrorBody})
def instance_create(
    request: KeyRequest, body: schemas.InstantiationBody
) -> Status[schemas.InstanceAccepted] | Status[ErrorBody]:
    """Make a service of a template, as older clients ask for it."""
    try:
        instance = _instantiated(request, body, None)
    except services.ParametersRefused as error:
        return _refused(error)
    return Status(202, schemas.InstanceAccepted(instance_id=instance.pk, task_id=instance.task_key, message=_QUEUED))


@endpoint("GET", "/instances/{instance_id}", {200: schemas.InstanceRow})
def instance_detail(request: KeyRequest, instance_id: UUID) -> schemas.InstanceRow:
    """Return one of them."""
    return schemas.instance_row(queries.instance(team=request.team, instance_id=instance_id))


@endpoint("DELETE", "/instances/{instance_id}", {200: schemas.Deleted})
def instance_delete(request: KeyRequest, instance_id: UUID) -> schemas.Deleted:
    """Remove one of them, and its service when that was never on sale."""
    callers.check(request, Permission.MANAGE_SERVICES)
    instance = queries.instance(team=request.team, instance_id=instance_id)
    services.forget(instance=instance)
    return schemas.Deleted(message=f"'{instance.name}' was deleted.")


def _instantiated(request: KeyRequest, body: schemas.InstantiationBody, key: str | None) -> TemplateInstance:
    callers.check(request, Permission.MANAGE_SERVICES)
    return services.instantiate(
        seller=request.team,
        template=queries.template(body.template_id),
        parameters=body.parameters,
        name=body.name or "",
        service_id=body.service_id,
        auto_submit=body.auto_submit,
        key=key,
        by=request.api_key.created_by,
        now=timezone.now(),
    )


def _refused(error: services.ParametersRefused) -> Status[ErrorBody]:
    """Answer as the client reads it here, and only here: 422 with an object."""
    detail = {"message": error.message, "problems": error.problems}
    return Status(422, ErrorBody(detail=detail, code=error.code))
