"""The JSON that customers' programs read of the catalogue. Every known key is always present."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from ninja import Schema

from marketplace.catalog import queries
from marketplace.catalog.customer import access
from marketplace.catalog.customer.access import Channel, NeededSecret
from marketplace.catalog.customer.rendering import Rendered
from marketplace.catalog.files import vocabulary
from marketplace.catalog.models import AccessInterface, Document, Gateway, Service

Json = dict[str, Any]
GatewayKind = Literal["api", "s3", "smtp"]


class ServiceSummary(Schema):
    id: UUID
    name: str
    display_name: str | None
    service_type: str | None
    gateway_type: GatewayKind
    status: str


class ServiceDetail(ServiceSummary):
    description: str | None
    provider_name: str | None
    seller_name: str | None
    capabilities: list[str]
    tags: list[str]
    list_price: Json | None
    enrollment_channel: str | None
    channel_types: list[str]
    listing_type: str | None


class Interface(Schema):
    """An address that the caller may use. enrollment_id: null for those that everybody shares."""

    name: str
    description: str | None
    access_method: str | None
    base_url: str | None
    group_name: str | None = None
    enrollment_id: UUID | None
    kind: str
    routing_key: Json | None


class ParameterRequirement(Schema):
    name: str
    description: str | None
    required: bool
    names_secret: bool


class PlannedInterface(Schema):
    name: str
    base_url: str | None
    routing_key: Json | None
    description: str | None


class SecretRequirement(Schema):
    name: str
    description: str | None
    default: str | None


class ChannelPlan(Schema):
    name: str
    channel_type: str
    description: str | None
    free: bool
    price_description: str | None
    price: str | None
    currency: str | None
    requires_enrollment: bool
    required_secrets: list[SecretRequirement]
    optional_secrets: list[SecretRequirement]
    default: bool
    selector: str | None
    applicable_interfaces: list[str] | None
    request_formats: list[str] | None


class RoutingEndpoint(Schema):
    base_url: str | None
    routing_key: Json | None
    routing_key_required: bool


class AccessPlan(Schema):
    """How anybody uses a service: the same answer for every caller."""

    enrollment_mode: access.Mode
    parameters: list[ParameterRequirement]
    interfaces: list[PlannedInterface]
    channels: list[ChannelPlan]
    routing_endpoints: list[RoutingEndpoint]
    input_formats: list[str] | None
    gateway_type: GatewayKind


class ShownDocument(Schema):
    id: UUID
    title: str
    category: str
    mime_type: str
    description: str | None
    version: str | None
    sort_order: int
    external_url: str | None
    filename: str | None
    meta: Json | None
    content: str | None
    render_error: str | None


class Documents(Schema):
    """interface: the one that templates were rendered for; others can be asked for by name."""

    interface: str | None
    available_interfaces: list[str]
    documents: list[ShownDocument]


def service_summary(service: Service) -> ServiceSummary:
    """Return what a list says of a service."""
    return ServiceSummary(**_summary(service))


def service_detail(service: Service) -> ServiceDetail:
    """Return what customers may know of a service: nothing of what its seller is paid or sends upstream."""
    enrollable = [each.name for each in access.channels(service) if each.requires_enrollment]
    return ServiceDetail(
        **_summary(service),
        description=service.offering.description or None,
        provider_name=service.provider.name,
        seller_name=str(service.seller),
        capabilities=service.capabilities,
        tags=service.tags,
        list_price=service.list_price.price if service.list_price else None,
        enrollment_channel=enrollable[0] if enrollable else None,
        channel_types=service.channel_types,
        listing_type=next(iter(service.channel_types), None),
    )


def shared_interface(interface: AccessInterface) -> Interface:
    """Return an interface that every customer uses alike."""
    return Interface(
        name=interface.name,
        description=interface.description or None,
        access_method=vocabulary.emitted_access_method(interface.access_method),
        base_url=queries.base_url(interface),
        enrollment_id=None,
        kind="shared",
        routing_key=interface.routing_key,
    )


def access_plan(service: Service, interfaces: list[AccessInterface], groups: list[RoutingEndpoint]) -> AccessPlan:
    """Return how a service is used. interfaces: its shared ones; groups: where else it is reached."""
    return AccessPlan(
        enrollment_mode=access.enrollment_mode(service),
        parameters=[
            ParameterRequirement(
                name=each.name, description=each.description, required=each.is_required, names_secret=each.names_secret
            )
            for each in access.parameters(service)
        ],
        interfaces=[
            PlannedInterface(
                name=each.name,
                base_url=queries.base_url(each),
                routing_key=each.routing_key,
                description=each.description or None,
            )
            for each in interfaces
        ],
        channels=[_channel(each) for each in access.channels(service)],
        routing_endpoints=groups,
        input_formats=access.request_formats(service),
        gateway_type=gateway_type(service),
    )


def shown_document(document: Document, content: Rendered | None) -> ShownDocument:
    """Return a document. content: None when it was not asked for, or is no text."""
    return ShownDocument(
        id=document.pk,
        title=document.title,
        category=document.category,
        mime_type=document.mime_type,
        description=document.description or None,
        version=document.version or None,
        sort_order=document.sort_order,
        external_url=document.external_url or None,
        filename=document.filename.removesuffix(".j2") or None,
        meta={name: value for name, value in document.meta.items() if name != "test"} or None,
        content=content.text if content else None,
        render_error=content.error if content else None,
    )


def gateway_type(service: Service) -> GatewayKind:
    """Return which gateway reaches the service first."""
    own = [each.gateway for each in service.interfaces.all() if each.is_active]
    if own and own[0] == Gateway.S3:
        return "s3"
    return "smtp" if own and own[0] == Gateway.SMTP else "api"


def _summary(service: Service) -> Json:
    return {
        "id": service.pk,
        "name": service.name,
        "display_name": service.display_name or None,
        "service_type": vocabulary.emitted_service_type(service.service_type),
        "gateway_type": gateway_type(service),
        "status": service.status,
    }


def _channel(channel: Channel) -> ChannelPlan:
    return ChannelPlan(
        name=channel.name,
        channel_type=channel.type,
        description=channel.description,
        free=channel.is_free,
        price_description=channel.price_in_words,
        price=channel.price,
        currency=channel.currency,
        requires_enrollment=channel.requires_enrollment,
        required_secrets=[_secret(each) for each in channel.secrets if each.default is None],
        optional_secrets=[_secret(each) for each in channel.secrets if each.default is not None],
        default=channel.is_default,
        selector=f"@{channel.name}",
        applicable_interfaces=list(channel.interfaces) if channel.interfaces else None,
        request_formats=list(channel.formats) if channel.formats else None,
    )


def _secret(secret: NeededSecret) -> SecretRequirement:
    return SecretRequirement(
        name=secret.name,
        description="Store it under Developer, Secrets.",
        default=secret.default or None,
    )
