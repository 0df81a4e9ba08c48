"""Who answers where. No two active services share an address: gateway, path and routing key."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection

from common import ports
from marketplace.catalog import queries
from marketplace.catalog.models import AccessInterface, Gateway, MarketChange, Service
from marketplace.catalog.services.errors import AddressTaken

#: Serialises claims, so that two approvals at once cannot both find an address free.
_LOCK = "catalog.addresses"


def address_of(interface: AccessInterface) -> str:
    """Return the address in one comparable text."""
    key = json.dumps(interface.routing_key, sort_keys=True, separators=(",", ":")) if interface.routing_key else ""
    return f"{interface.gateway}|{interface.path}|{key}"


def claim(*, service: Service) -> None:
    """Take the addresses of a service that becomes active. Raises: AddressTaken, naming the other service."""
    _lock()
    release(service=service)
    interfaces = _claimable(service)
    _refuse_taken(service, interfaces)
    seen: set[str] = set()
    for interface in interfaces:
        address = address_of(interface)
        if address not in seen:
            interface.live_address = address
            interface.save(update_fields=["live_address"])
            seen.add(address)


def release(*, service: Service) -> None:
    """Free the addresses of a service that stops being active."""
    AccessInterface.objects.filter(service=service, live_address__isnull=False).update(live_address=None)


def check_free(*, service: Service, content: Service) -> None:
    """Check what `claim` would check for `service` with the interfaces of `content`. Raises: AddressTaken."""
    _refuse_taken(service, _claimable(content))


def publish(*, service: Service, former_paths: Iterable[str] = ()) -> None:
    """Compile anew what the gateway knows of the service: its record, and every path that it has or had."""
    ports.publish("service", str(service.pk))
    for path in sorted({*former_paths, *queries.paths(service)}):
        ports.publish("route", path)
    MarketChange.objects.create()


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])


def _claimable(service: Service) -> list[AccessInterface]:
    return list(service.interfaces.filter(is_active=True, is_enrollment_scoped=False))


def _refuse_taken(service: Service, interfaces: list[AccessInterface]) -> None:
    by_address = {address_of(interface): interface for interface in interfaces}
    holder = (
        AccessInterface.objects.filter(live_address__in=by_address)
        .exclude(service=service)
        .select_related("service__seller")
        .order_by("live_address")
        .first()
    )
    if holder is not None:
        raise _taken(by_address[holder.live_address or ""], holder.service)
    _refuse_foreign_names(service, interfaces)


def _refuse_foreign_names(service: Service, interfaces: list[AccessInterface]) -> None:
    """A service answers at its own name too: another seller's path must not be that name, nor the other way round."""
    active = Service.objects.originals().active().exclude(seller_id=service.seller_id).select_related("seller")
    paths = {interface.path: interface for interface in interfaces if interface.gateway == Gateway.API}
    if namesake := active.filter(name__in=[*paths, service.name]).first():
        interface = paths.get(namesake.name)
        raise _taken(interface or AccessInterface(name="name", path=service.name), namesake)
    squatter = (
        AccessInterface.objects.filter(gateway=Gateway.API, path=service.name, live_address__isnull=False)
        .exclude(service__seller_id=service.seller_id)
        .select_related("service__seller")
        .first()
    )
    if squatter is not None:
        raise _taken(AccessInterface(name="name", path=service.name), squatter.service)


def _taken(interface: AccessInterface, other: Service) -> AddressTaken:
    key = f" with routing key {json.dumps(interface.routing_key)}" if interface.routing_key else ""
    place = f"/p/{interface.path}" if interface.gateway == Gateway.API else f"{interface.gateway}:{interface.path}"
    return AddressTaken(address=f"{place}{key}", service=other.name, seller=other.seller.name, interface=interface.name)
