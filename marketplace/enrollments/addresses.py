"""The addresses of an enrollment: materialised from the listing's templates when enrolling."""

from __future__ import annotations

from collections.abc import Mapping

from domain.templating import Component, TemplateError, parse, render
from marketplace.catalog.models import AccessInterface
from marketplace.enrollments.models import Enrollment, EnrollmentInterface

Json = dict[str, object]


def context(enrollment: Enrollment) -> Mapping[str, object]:
    """Return what templates of a service may read of an enrollment."""
    return {
        "service_name": enrollment.service.name,
        "routing_vars": enrollment.service.routing_vars,
        "params": enrollment.parameters,
        "enrollment": {
            "code": enrollment.code,
            "id": str(enrollment.pk),
            "customer_id": str(enrollment.team_id),
            "parameters": enrollment.parameters,
        },
    }


def materialise(enrollment: Enrollment) -> list[EnrollmentInterface]:
    """Write the addresses that this enrollment alone has. A template that cannot be rendered stays as written."""
    scoped = AccessInterface.objects.filter(service=enrollment.service, is_enrollment_scoped=True, is_active=True)
    return EnrollmentInterface.objects.bulk_create(rendered(each, enrollment) for each in scoped)


def rendered(interface: AccessInterface, enrollment: Enrollment) -> EnrollmentInterface:
    """Return an interface as one enrollment has it, not stored."""
    values = context(enrollment)
    return EnrollmentInterface(
        enrollment=enrollment,
        name=interface.name,
        description=interface.description,
        gateway=interface.gateway,
        access_method=interface.access_method,
        path=_rendered(interface.path, values, Component.PATH),
        routing_key=_rendered_key(interface.routing_key, values),
    )


def _rendered(text: str, values: Mapping[str, object], component: Component) -> str:
    try:
        return render(parse(text), values, component=component).strip("/")
    except TemplateError:
        return text


def _rendered_key(key: object, values: Mapping[str, object]) -> object:
    if isinstance(key, str):
        return _rendered(key, values, Component.PLAIN)
    if isinstance(key, dict):
        return {name: _rendered_key(value, values) for name, value in key.items()}
    return key
