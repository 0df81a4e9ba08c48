"""The customers' API over services: what they are, where they are called, how they are used, what is written of them.

Most of it is for everybody; whoever mounts it sets `request.team` when a key came with the request.
"""

from __future__ import annotations

from uuid import UUID

from ninja import Router

from accounts.teams.callers import PublicRequest
from common.errors import Invalid
from common.ninja import Endpoints
from marketplace.catalog import queries
from marketplace.catalog.customer import rendering, schemas
from marketplace.catalog.models import AccessInterface, Document, DocumentCategory, Service

router = Router(tags=["services"])
endpoint = Endpoints(router)


@endpoint("GET", "/services/{uuid:service_id}", {200: schemas.ServiceDetail}, has_etag=True)
def service_detail(request: PublicRequest, service_id: UUID) -> schemas.ServiceDetail:
    """Return a service that is on sale, or was: old statements link to it."""
    return schemas.service_detail(queries.public_service(service_id))


@endpoint("GET", "/services/{uuid:service_id}/usage", {200: schemas.AccessPlan})
def service_usage(request: PublicRequest, service_id: UUID) -> schemas.AccessPlan:
    """Return how a service is used: the same for every caller."""
    service = queries.public_service(service_id)
    groups = [
        schemas.RoutingEndpoint(
            base_url=f"{queries.gateway_url('api')}/g/{member.group.name}",
            routing_key=member.routing_key,
            routing_key_required=member.routing_key is not None,
        )
        for member in queries.routable_memberships(service)
    ]
    return schemas.access_plan(service, queries.shared_interfaces(service), groups)


@endpoint("GET", "/services/{uuid:service_id}/documents", {200: schemas.Documents})
def document_list(
    request: PublicRequest,
    service_id: UUID,
    category: DocumentCategory | None = None,
    mime_type: str | None = None,
    include_content: bool = False,
    interface: str | None = None,
) -> schemas.Documents:
    """Return the public documents of a service. Templates among them are rendered for one of its interfaces."""
    service = queries.public_service(service_id)
    found = [
        each
        for each in queries.public_documents(service)
        if category in {None, each.category} and mime_type in {None, each.mime_type}
    ]
    return _documents(service, found, interface=interface, with_content=include_content)


@endpoint("GET", "/services/{uuid:service_id}/documents/{uuid:document_id}", {200: schemas.Documents})
def document_detail(
    request: PublicRequest, service_id: UUID, document_id: UUID, interface: str | None = None
) -> schemas.Documents:
    """Return one public document with its content."""
    service = queries.public_service(service_id)
    found = queries.public_document(service, document_id)
    return _documents(service, [found], interface=interface, with_content=True)


def _documents(
    service: Service, documents: list[Document], *, interface: str | None, with_content: bool
) -> schemas.Documents:
    interfaces = queries.shared_interfaces(service)
    chosen = _chosen(interfaces, interface)
    return schemas.Documents(
        interface=chosen.name if chosen else None,
        available_interfaces=[each.name for each in interfaces],
        documents=[
            schemas.shown_document(
                each,
                rendering.render_document(each, service=service, interface=chosen) if with_content else None,
            )
            for each in documents
        ],
    )


def _chosen(interfaces: list[AccessInterface], name: str | None) -> AccessInterface | None:
    if name is None:
        return interfaces[0] if interfaces else None
    for each in interfaces:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in interfaces) or "none"
    raise Invalid([f"interface: the service has no interface '{name}'. It has: {known}."])
