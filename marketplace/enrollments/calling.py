"""How an enrollment is called: its addresses, and code to try it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from marketplace.catalog import queries as catalog
from marketplace.catalog.models import AccessInterface, AccessMethod, DocumentCategory, Gateway, Service
from marketplace.catalog.queries import ShownInterface
from marketplace.catalog.queries.by_id import text_of
from marketplace.catalog.snippets import Snippet
from marketplace.catalog.snippets import snippets as service_snippets
from marketplace.enrollments.models import Enrollment, EnrollmentInterface

#: How an enrollment can be called by its code, the plainest way first.
_BY_CODE = (AccessMethod.HTTP, AccessMethod.WEBSOCKET, AccessMethod.GRPC)


@dataclass(frozen=True, slots=True)
class Address:
    """Where an enrollment is called. is_own: it belongs to this enrollment alone."""

    name: str
    url: str
    description: str
    routing_key: dict[str, object] | None
    access_method: str
    is_own: bool

    @property
    def routing_text(self) -> str:
        """Return what a request's body must say to be routed here, or ""."""
        return json.dumps(self.routing_key) if self.routing_key else ""


def addresses(enrollment: Enrollment) -> list[Address]:
    """Return every address of an enrollment: by its code, its own ones, then those it shares with others.

    None for one that has ended.
    """
    if not enrollment.is_current:
        return []
    by_code = Address(
        name="Your code",
        url=f"{catalog.gateway_url(Gateway.API)}/e/{enrollment.code}",
        description="Always works, whatever the seller changes.",
        routing_key=None,
        access_method=AccessMethod.HTTP,
        is_own=True,
    )
    own = [_address(each, is_own=True) for each in enrollment.interfaces.all()]
    shared = AccessInterface.objects.filter(service=enrollment.service, is_enrollment_scoped=False, is_active=True)
    return [by_code, *own, *(_address(each, is_own=False) for each in shared)]


def _address(interface: AccessInterface | EnrollmentInterface, *, is_own: bool) -> Address:
    root = catalog.gateway_url(interface.gateway)
    prefix = "/p" if interface.gateway == Gateway.API else ""
    return Address(
        name=interface.name,
        url=f"{root}{prefix}/{interface.path}" if interface.path else root,
        description=interface.description,
        routing_key=interface.routing_key,
        access_method=interface.access_method,
        is_own=is_own,
    )


def snippets(enrollment: Enrollment, shown: list[Address]) -> list[Snippet]:
    """Return calls of an enrollment by its code, ready to copy but for the key; none for what the API does not reach.

    shown: its addresses. The first routing key among them names the model.
    """
    methods = {each.access_method for each in shown[1:]}
    method = next((each for each in _BY_CODE if each in methods), None)
    if method is None:
        return []
    interface = AccessInterface(
        name=shown[0].name,
        gateway=Gateway.API,
        access_method=method,
        routing_key=next((each.routing_key for each in shown if each.routing_key), None),
    )
    return service_snippets(enrollment.service, ShownInterface(interface, shown[0].url), _template(enrollment.service))


def _template(service: Service) -> dict[str, object] | None:
    """Return the body of the seller's request template, when it is a JSON object."""
    for document in catalog.documents(service):
        if document.category == DocumentCategory.REQUEST_TEMPLATE and document.is_active and document.is_public:
            try:
                body = json.loads(text_of(document) or "")
            except ValueError:
                continue
            if isinstance(body, dict):
                return body
    return None
