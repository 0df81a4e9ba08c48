"""What a seller changes without an upload: status, visibility, list price, routing variables."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from billing.prices import services as prices
from billing.prices.models import Side
from common.errors import Invalid
from marketplace.catalog import queries
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.catalog.services import addresses, checking, content, interfaces, lifecycle, plans, search

Json = dict[str, Any]
_PARTIAL = {"set", "remove"}


@transaction.atomic
def change(
    *,
    service: Service,
    status: str | None = None,
    visibility: str | None = None,
    price: Json | None = None,
    routing_vars: Json | None = None,
    by: User | None,
    now: datetime,
) -> Service:
    """Make several changes or none. What is None stays.

    price, routing_vars: the whole object, or {"set": {...}, "remove": ["a.b"]}.
    Raises: Invalid, StatusChangeRefused, VisibilityRefused.
    """
    if price is not None:
        service = set_price(service=service, price=price, now=now)
    if routing_vars is not None:
        service = set_routing_vars(service=service, routing_vars=routing_vars, now=now)
    if visibility is not None:
        service = lifecycle.set_visibility(service=service, visibility=visibility, now=now)
    if status is not None:
        service = lifecycle.ask_status(service=service, wanted=status, by=by, now=now)
    return service


@transaction.atomic
def set_price(*, service: Service, price: Json, now: datetime) -> Service:
    """Give a service another list price. New enrollments pay it; the others keep theirs until a notice has ended."""
    service = queries.lock_service(service.pk)
    present = service.list_price.price if service.list_price else {}
    partial = _partial(price)
    if partial is not None and partial[0].get("type") not in {None, present.get("type")}:
        # the fields of the former type mean nothing to the new one
        present = {}
    wanted = checking.checked_price(_changed(present, price), currency=service.currency)
    listing = service.listing
    listing.list_price = prices.version(side=Side.LIST, currency=service.currency, price=wanted)
    listing.data = {**listing.data, "list_price": wanted}
    listing.save(update_fields=["list_price", "data"])
    content.set_price(service, listing.list_price)
    service.facets, service.updated_at = search.facets(service), now
    service.save(update_fields=["list_price", "nominal_price", "facets", "updated_at"])
    if service.approved_at is not None and not service.is_revision:
        plans.terms_changed(service=service, now=now)
    addresses.publish(service=service)
    return service


@transaction.atomic
def set_routing_vars(*, service: Service, routing_vars: Json, now: datetime) -> Service:
    """Change what `{{ routing_vars.X }}` stands for, in channels and in the paths of interfaces. Raises: Invalid."""
    service = queries.lock_service(service.pk)
    former_paths = queries.paths(service)
    wanted = _changed(service.routing_vars or {}, routing_vars)
    checking.check_routing_vars(service, wanted)
    service.routing_vars, service.updated_at = wanted, now
    service.save(update_fields=["routing_vars", "updated_at"])
    listing = service.listing
    options = {**(listing.data.get("service_options") or {}), "routing_vars": service.routing_vars}
    listing.data = {**listing.data, "service_options": options}
    listing.save(update_fields=["data"])
    interfaces.relocate(service=service)
    if service.status == ServiceStatus.ACTIVE:
        addresses.claim(service=service)
    addresses.publish(service=service, former_paths=former_paths)
    return service


def _changed(present: Json, wanted: Json) -> Json:
    """Return `wanted`, or `present` with its values set and removed when `wanted` is a partial change."""
    partial = _partial(wanted)
    if partial is None:
        return wanted
    values, gone = partial
    changed = copy.deepcopy(present)
    for path in gone:
        _remove(changed, path.split("."))
    return _merged(changed, values)


def _partial(wanted: Json) -> tuple[Json, list[str]] | None:
    """Return what a change of the present object sets and what it removes, or None for a whole object.

    It is a change when it holds nothing but "set" and "remove". Raises: Invalid.
    """
    if not wanted or set(wanted) - _PARTIAL:
        return None
    values, gone = wanted.get("set") or {}, wanted.get("remove") or []
    problems = []
    if not isinstance(values, dict):
        problems.append('set: must be an object. Write it like {"set": {"name": "value"}}.')
    if not (isinstance(gone, list) and all(isinstance(path, str) for path in gone)):
        problems.append('remove: must be a list of names. Write it like {"remove": ["name"]}.')
    if problems:
        raise Invalid(problems)
    return values, gone


def _merged(present: Json, values: Json) -> Json:
    """Return `present` with `values`, objects within objects merged. A key may be a dotted path."""
    for key, value in values.items():
        *parents, last = key.split(".")
        place = present
        for name in parents:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise Invalid([f"set.{key}: '{name}' is not an object. Set it as a whole."])
        inner = place.get(last)
        place[last] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return present


def _remove(present: Json, path: list[str]) -> None:
    *parents, last = path
    place: Any = present
    for name in parents:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(last, None)
