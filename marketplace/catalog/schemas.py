"""The JSON of the seller API. Every known key is always present; words in closed lists are ones that clients know."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from marketplace.catalog import queries
from marketplace.catalog.files import vocabulary
from marketplace.catalog.models import AccessInterface, Document, Service, UploadStatus, UploadTask

Json = dict[str, Any]
Status = Literal["draft", "pending", "review", "active", "rejected", "suspended", "deprecated"]
VisibilityWord = Literal["unlisted", "public", "private"]


class UploadData(Schema):
    """The three files of a service."""

    provider_data: Json
    offering_data: Json
    listing_data: Json


class UploadBody(Schema):
    """An upload, and what the client remembers of an earlier one."""

    data: UploadData
    service_status: Json | None = None


class UploadAccepted(Schema):
    task_id: str
    status: str = "queued"
    message: str


class FileStored(Schema):
    object_key: str
    filename: str
    mime_type: str
    size: int
    uploaded: bool


class TaskStatus(Schema):
    """An upload or a test run as clients poll it. `state` is the same in the words of older clients."""

    task_id: str
    status: str
    state: str
    message: str
    result: Json | None = None
    error: str | None = None


class ServiceRow(Schema):
    """A service in a list."""

    id: UUID
    seller_id: UUID
    offering_id: UUID
    listing_id: UUID
    provider_id: UUID | None
    revision_of: UUID | None
    pending_revision_id: UUID | None
    pending_revision_status: str | None
    name: str
    display_name: str | None
    status: str
    status_message: str | None
    service_type: str | None
    provider_name: str | None
    channel_types: list[str]
    tags: list[str]
    visibility: str
    kind: str
    parent_id: UUID | None
    routing_vars: Json | None
    managed_by_template: str | None
    review_count: int
    average_rating: float | None
    last_health_check: Json | None
    ops_subscription_id: UUID | None
    ops_customer_id: UUID | None
    is_featured: bool
    warnings: list[str]
    created_at: datetime
    updated_at: datetime | None


class ServicePage(Schema):
    data: list[ServiceRow]
    next_cursor: str | None
    has_more: bool


class InterfaceRow(Schema):
    id: UUID
    service_id: UUID
    name: str
    description: str | None
    access_method: str
    base_url: str | None
    base_url_pattern: str | None
    routing_key: Json | None
    is_active: bool
    is_primary: bool
    sort_order: int
    created_at: datetime
    updated_at: datetime | None


class DocumentRow(Schema):
    id: UUID
    title: str
    category: str
    description: str | None
    context_type: str
    mime_type: str
    is_public: bool
    filename: str | None
    test_status: str | None
    meta: Json | None


class DocumentDetail(Schema):
    """A document with its text. entity_id: the provider, offering or listing that context_type names."""

    id: UUID
    entity_id: UUID
    context_type: str
    title: str
    description: str | None
    mime_type: str | None
    category: str | None
    filename: str | None
    filesize: int | None
    external_url: str | None
    is_active: bool
    is_public: bool
    meta: Json | None
    file_content: str | None
    created_at: datetime | None
    updated_at: datetime | None


class ServiceDetail(Schema):
    service_id: UUID
    service_name: str
    status: str
    status_message: str | None
    revision_of: UUID | None
    visibility: str
    price: Json | None
    routing_vars: Json | None
    managed_by_template: str | None
    kind: str
    parent_id: UUID | None
    parent_name: str | None
    warnings: list[str]
    provider: Json
    offering: Json
    listing: Json
    documents: list[DocumentRow]
    interfaces: list[InterfaceRow]


class ServiceChange(Schema):
    """What a PATCH may change. `list_price` is the word of the command line for `price`."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    visibility: VisibilityWord | None = None
    routing_vars: Json | None = None
    price: Json | None = Field(default=None)
    list_price: Json | None = None

    @model_validator(mode="after")
    def one_price(self) -> ServiceChange:
        if self.price is not None and self.list_price is not None:
            raise ValueError("give price or list_price, not both")
        return self


class ServiceChanged(Schema):
    id: UUID
    status: str | None = None
    visibility: str | None = None
    routing_vars: Json | None = None
    price: Json | None = None
    list_price: Json | None = None
    message: str | None = None


class ServiceDeletion(Schema):
    can_delete: bool
    reason: str | None
    deleted: bool
    message: str


class DeprecatedService(Schema):
    id: UUID
    name: str
    display_name: str | None
    provider_name: str | None
    deprecated_at: datetime | None


_STATES = {UploadStatus.COMPLETED: "SUCCESS", UploadStatus.FAILED: "FAILURE", UploadStatus.QUEUED: "PENDING"}


def task_status(key: str, task: UploadTask | None) -> TaskStatus:
    """Return what a client learns of an upload. An unknown or foreign one looks as if it had not begun."""
    if task is None:
        return TaskStatus(task_id=key, status="pending", state="PENDING", message="Not known here yet.")
    messages = {
        UploadStatus.QUEUED: "Waiting for a worker.",
        UploadStatus.COMPLETED: "Done.",
        UploadStatus.FAILED: task.error,
    }
    status = UploadStatus(task.status)
    return TaskStatus(
        task_id=key,
        status=status.value,
        state=_STATES[status],
        message=messages[status],
        result=task.result,
        error=task.error or None,
    )


def service_row(service: Service) -> ServiceRow:
    """Return a service of `queries.seller_services` as a row of a list."""
    return ServiceRow(
        id=service.pk,
        seller_id=service.seller_id,
        offering_id=service.offering_id,
        listing_id=service.listing_id,
        provider_id=service.provider_id,
        revision_of=service.revision_of_id,
        pending_revision_id=getattr(service, "pending_revision_id", None),
        pending_revision_status=getattr(service, "pending_revision_status", None),
        name=service.name,
        display_name=service.display_name or None,
        status=service.status,
        status_message=service.status_message or None,
        service_type=service.service_type,
        provider_name=service.provider.name,
        channel_types=service.channel_types,
        tags=service.tags,
        visibility=service.visibility,
        kind=service.kind,
        parent_id=service.parent_id,
        routing_vars=service.routing_vars or None,
        managed_by_template=service.managed_by_template or None,
        review_count=0,
        average_rating=None,
        last_health_check=None,
        ops_subscription_id=None,
        ops_customer_id=None,
        is_featured=False,
        warnings=service.warnings,
        created_at=service.created_at,
        updated_at=service.updated_at,
    )


def service_detail(service: Service, documents: list[Document], interfaces: list[AccessInterface]) -> ServiceDetail:
    """Return a service with all its parts."""
    return ServiceDetail(
        service_id=service.pk,
        service_name=service.name,
        status=service.status,
        status_message=service.status_message or None,
        revision_of=service.revision_of_id,
        visibility=service.visibility,
        price=service.list_price.price if service.list_price else None,
        routing_vars=service.routing_vars or None,
        managed_by_template=service.managed_by_template or None,
        kind=service.kind,
        parent_id=service.parent_id,
        parent_name=service.parent.name if service.parent else None,
        warnings=service.warnings,
        provider={"description": None, **service.provider_data},
        offering=_offering(service),
        listing=service.listing.data,
        documents=[document_row(document) for document in documents],
        interfaces=[interface_row(interface) for interface in interfaces],
    )


def _offering(service: Service) -> Json:
    data = {**service.offering.data, "service_type": vocabulary.emitted_service_type(service.service_type)}
    secrets = service.customer_secrets
    data["upstream_access_config"] = {
        name: {
            **channel,
            "type": secrets.get(name, {}).get("type", "managed"),
            "customer_secrets_required": secrets.get(name, {}).get("required", []),
            "customer_secrets_optional": secrets.get(name, {}).get("optional", []),
        }
        for name, channel in (data.get("upstream_access_config") or {}).items()
    }
    return data


def interface_row(interface: AccessInterface) -> InterfaceRow:
    """Return an interface with its full address."""
    return InterfaceRow(
        id=interface.pk,
        service_id=interface.service_id,
        name=interface.name,
        description=interface.description or None,
        access_method=vocabulary.emitted_access_method(interface.access_method),
        base_url=queries.base_url(interface),
        base_url_pattern=interface.base_url,
        routing_key=interface.routing_key,
        is_active=interface.is_active,
        is_primary=interface.is_primary,
        sort_order=interface.sort_order,
        created_at=interface.created_at,
        updated_at=None,
    )


def document_row(document: Document) -> DocumentRow:
    """Return what a list says of a document."""
    return DocumentRow(
        id=document.pk,
        title=document.title,
        category=document.category,
        description=document.description or None,
        context_type=document.owner_kind,
        mime_type=document.mime_type,
        is_public=document.is_public,
        filename=document.filename or None,
        test_status=(document.meta.get("test") or {}).get("status"),
        meta=document.meta or None,
    )


def document_detail(document: Document, content: str | None) -> DocumentDetail:
    """Return a document. content: its text; None for pictures, links and very long ones."""
    owner = {"provider": document.provider_id, "offering": document.offering_id, "listing": document.listing_id}
    return DocumentDetail.model_validate(
        {
            "id": document.pk,
            "entity_id": owner[document.owner_kind],
            "context_type": document.owner_kind,
            "title": document.title,
            "description": document.description or None,
            "mime_type": document.mime_type,
            "category": document.category,
            "filename": document.filename or None,
            "filesize": document.blob.size if document.blob else None,
            "external_url": document.external_url or None,
            "is_active": document.is_active,
            "is_public": document.is_public,
            "meta": document.meta or None,
            "file_content": content,
            "created_at": document.created_at,
            "updated_at": document.updated_at,
        }
    )
