"""The JSON of templates and instances. The bodies of templates never leave the server."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StrictBool

from marketplace.catalog.files import vocabulary
from marketplace.catalog.schemas import UploadData
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance, TemplateStatus

Json = dict[str, Any]


class TemplateRow(Schema):
    id: UUID
    name: str
    version: str
    display_name: str
    description: str | None
    service_type: str
    parameter_schema: Json
    parameter_ui_schema: Json | None
    pool_name: str | None


class TemplatePage(Schema):
    data: list[TemplateRow]
    count: int


class RenderBody(Schema):
    template_id: UUID
    parameters: Json = Field(default_factory=dict)


class InstantiationBody(RenderBody):
    """service_id: renders that service anew instead of making another."""

    name: str | None = Field(None, max_length=200)
    auto_submit: StrictBool = False
    service_id: UUID | None = None


class ServiceSidecar(Schema):
    """What a client remembers of an earlier upload. Other keys of theirs are ignored."""

    model_config = ConfigDict(extra="ignore")

    service_id: str | None = None
    revision_of: str | None = None
    status: str | None = None
    name: str | None = None
    display_name: str | None = None
    template_instance_id: str | None = None
    time_created: str | None = None


class MemberTemplate(Schema):
    """What other sellers fill in to join a platform service. It is found by name and version; id: of a new one."""

    id: UUID | None = None
    name: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=50)
    display_name: str = Field(min_length=1, max_length=200)
    description: str | None = None
    service_type: str = Field(min_length=1, max_length=64)
    status: TemplateStatus | None = None
    parameter_schema: Json | None = None
    parameter_ui_schema: Json | None = None
    constants: Json | None = None
    provider_template: str
    offering_template: str
    listing_template: str


class PlatformServiceBody(Schema):
    service_data: UploadData
    member_template: MemberTemplate
    service_status: ServiceSidecar | None = None


class RenderedFiles(Schema):
    provider_data: Json
    offering_data: Json
    listing_data: Json


class InstanceAccepted(Schema):
    instance_id: UUID
    task_id: str
    status: str = "queued"
    message: str


class InstanceRow(Schema):
    id: UUID
    name: str
    template_id: UUID
    template_name: str | None
    template_version: str | None
    template_status: str | None
    parameters: Json
    service_id: UUID | None
    service_status: str | None
    pending_revision_id: UUID | None
    last_submitted_at: datetime | None
    created_at: datetime
    updated_at: datetime | None


class InstancePage(Schema):
    data: list[InstanceRow]
    count: int


class Deleted(Schema):
    message: str


def template_row(template: ServiceTemplate) -> TemplateRow:
    return TemplateRow(
        id=template.pk,
        name=template.name,
        version=template.version,
        display_name=template.display_name,
        description=template.description or None,
        service_type=vocabulary.emitted_service_type(template.service_type),
        parameter_schema=template.parameter_schema,
        parameter_ui_schema=template.parameter_ui_schema,
        pool_name=template.platform_service.name if template.platform_service else None,
    )


def instance_row(instance: TemplateInstance) -> InstanceRow:
    return InstanceRow(
        id=instance.pk,
        name=instance.name,
        template_id=instance.template_id,
        template_name=instance.template.name,
        template_version=instance.template.version,
        template_status=instance.template.status,
        parameters=instance.parameters,
        service_id=instance.service_id,
        service_status=instance.service.status if instance.service else None,
        pending_revision_id=getattr(instance, "pending_revision_id", None),
        last_submitted_at=instance.last_submitted_at,
        created_at=instance.created_at,
        updated_at=instance.updated_at,
    )
