"""The interfaces of a service as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from common.errors import DomainError
from domain.templating import Component, TemplateError, parse, render
from marketplace.catalog.models import AccessInterface, Gateway, Service

#: What an address may begin with, and the gateway that it means.
PLACEHOLDERS = {
    "${API_GATEWAY_BASE_URL}": Gateway.API,
    "${GATEWAY_BASE_URL}": Gateway.API,
    "${S3_GATEWAY_BASE_URL}": Gateway.S3,
    "${SMTP_GATEWAY_BASE_URL}": Gateway.SMTP,
    "${SSH_GATEWAY_BASE_URL}": Gateway.SSH,
    "${MCP_GATEWAY_BASE_URL}": Gateway.MCP,
}
_SCOPED_ROOTS = {"enrollment", "params"}
#: A path is the key of a published record.
_PATH_LIMIT = 300


class AddressUnreadable(DomainError):
    """An interface's address that no gateway can serve."""

    code = "invalid_address"
    sentence = "{base_url!r} is not an address at a gateway: {reason}"


@dataclass(frozen=True, slots=True)
class InterfaceContent:
    """What a file says of one interface, with the gateway and path worked out."""

    name: str
    description: str
    access_method: str
    gateway: str
    base_url: str
    path: str
    routing_key: dict[str, object] | None
    is_enrollment_scoped: bool
    is_active: bool
    is_primary: bool
    sort_order: int


def locate(
    base_url: str, *, routing_key: object, service_name: str, routing_vars: dict[str, object]
) -> tuple[Gateway, str, bool]:
    """Return the gateway, the path without slashes at its ends, and whether each enrollment has its own.

    The names of the service are put in; what an enrollment gives (`enrollment.`, `params.`) stays a template.
    Raises: AddressUnreadable.
    """
    placeholder = next((text for text in PLACEHOLDERS if base_url.startswith(text)), None)
    if placeholder is None:
        raise AddressUnreadable(base_url=base_url, reason="it begins with none of the gateways' placeholders.")
    gateway, path = PLACEHOLDERS[placeholder], base_url.removeprefix(placeholder).strip("/")
    if gateway == Gateway.API:
        path = path.removeprefix("p/")
    try:
        template = parse(path)
        names = set(template.names) | _names_in(routing_key)
        is_scoped = any(name.split(".")[0] in _SCOPED_ROOTS for name in names)
        if not is_scoped:
            context = {"service_name": service_name, "routing_vars": routing_vars}
            path = render(template, context, component=Component.PLAIN).strip("/")
    except TemplateError as error:
        raise AddressUnreadable(base_url=base_url, reason=error.message) from None
    if not is_scoped and len(path) > _PATH_LIMIT:
        reason = f"its path has {len(path)} characters, at most {_PATH_LIMIT}."
        raise AddressUnreadable(base_url=base_url, reason=reason)
    return gateway, path, is_scoped


def _names_in(value: object) -> set[str]:
    if isinstance(value, str):
        return set(parse(value).names)
    if isinstance(value, dict):
        return {name for each in value.values() for name in _names_in(each)}
    return set()


def write(*, service: Service, wanted: Iterable[InterfaceContent]) -> None:
    """Make the interfaces of a service what `wanted` says. A name that stays keeps its row's id."""
    AccessInterface.objects.filter(service=service).update(live_address=None)
    kept = []
    for content in wanted:
        values = asdict(content)
        name = values.pop("name")
        row, _ = AccessInterface.objects.update_or_create(service=service, name=name, defaults=values)
        kept.append(row.pk)
    AccessInterface.objects.filter(service=service).exclude(pk__in=kept).delete()


def described(service: Service) -> list[InterfaceContent]:
    """Return the interfaces of a service as content, to be written to another one."""
    names = InterfaceContent.__slots__
    return [InterfaceContent(**{name: getattr(row, name) for name in names}) for row in service.interfaces.all()]


def relocate(*, service: Service) -> None:
    """Work out the paths of a service's interfaces anew, after its name or routing variables changed.

    Raises: AddressUnreadable.
    """
    for row in service.interfaces.all():
        row.gateway, row.path, row.is_enrollment_scoped = locate(
            row.base_url,
            routing_key=row.routing_key,
            service_name=service.name,
            routing_vars=service.routing_vars,
        )
        row.save(update_fields=["gateway", "path", "is_enrollment_scoped"])
