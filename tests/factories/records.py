"""Published records as the control plane would write them."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from domain.routing.snapshot import (
    AliasRecord,
    AliasRow,
    BroadcastRecord,
    BroadcastTarget,
    ChainRecord,
    ChainStep,
    ChannelRecord,
    CustomerRecord,
    EnrollmentRecord,
    EnrollmentRoute,
    GroupMember,
    GroupRecord,
    PriceRecord,
    ServiceRecord,
)

TEAM = "7d0d8e0e-0000-4000-8000-00000000000a"
WALLET = "7d0d8e0e-0000-4000-8000-00000000000b"
SELLER = "7d0d8e0e-0000-4000-8000-00000000000c"
SERVICE = "7d0d8e0e-0000-4000-8000-0000000000aa"
OTHER_SERVICE = "7d0d8e0e-0000-4000-8000-0000000000bb"


def price(amount: str = "0.01", **changes: Any) -> PriceRecord:
    values: dict[str, Any] = {
        "id": "7d0d8e0e-0000-4000-8000-000000000001",
        "currency": "USD",
        "price": {"type": "constant", "price": amount},
    }
    return PriceRecord(**{**values, **changes})


def channel(name: str = "default", **changes: Any) -> ChannelRecord:
    values: dict[str, Any] = {
        "name": name,
        "type": "managed",
        "access_method": "http",
        "config": {"base_url": "https://api.example.com/v1"},
        "required_secrets": (),
        "optional_secrets": (),
    }
    return ChannelRecord(**{**values, **changes})


def service(**changes: Any) -> ServiceRecord:
    values: dict[str, Any] = {
        "id": SERVICE,
        "name": "acme/chat",
        "provider_name": "acme",
        "seller_id": SELLER,
        "status": "active",
        "visibility": "public",
        "requires_enrollment": False,
        "price": price(),
        "channels": (channel(),),
    }
    return ServiceRecord(**{**values, **changes})


def enrollment(code: str = "CEFF", **changes: Any) -> EnrollmentRecord:
    values: dict[str, Any] = {
        "id": f"7d0d8e0e-0000-4000-8000-{sum(code.encode()):012d}",
        "code": code,
        "service_id": SERVICE,
        "parameters": {},
        "price": price("0.02", id="7d0d8e0e-0000-4000-8000-000000000002"),
        "secret_hosts": {},
        "routes": (),
    }
    return EnrollmentRecord(**{**values, **changes})


def enrollment_route(path: str, routing_key: dict[str, Any] | None = None) -> EnrollmentRoute:
    return EnrollmentRoute(path, routing_key)


def customer(**changes: Any) -> CustomerRecord:
    values: dict[str, Any] = {
        "team_id": TEAM,
        "wallets": {"USD": WALLET},
        "secret_names": frozenset(),
        "enrollments": (),
    }
    return CustomerRecord(**{**values, **changes})


def service_id(name: str) -> str:
    """Return the id that stands for a service of that name in tests."""
    return str(uuid5(NAMESPACE_URL, name))


def alias(name: str, target: str, *rows: AliasRow) -> AliasRecord:
    return AliasRecord(name, (AliasRow(str(uuid5(NAMESPACE_URL, target)), target), *rows))


def group(name: str, *members: GroupMember | str, **changes: Any) -> GroupRecord:
    """A group of services by their names, or of members."""
    made = [GroupMember(service_id(each)) if isinstance(each, str) else each for each in members]
    return GroupRecord(str(uuid5(NAMESPACE_URL, f"group {name}")), name, tuple(made), **changes)


def member(service: str, **changes: Any) -> GroupMember:
    return GroupMember(service_id(service), **changes)


def chain(name: str, *steps: ChainStep, **changes: Any) -> ChainRecord:
    return ChainRecord(str(uuid5(NAMESPACE_URL, f"chain {name}")), name, steps, **changes)


def broadcast(name: str, *targets: BroadcastTarget | str, **changes: Any) -> BroadcastRecord:
    made = [BroadcastTarget(each, f"p/{each}") if isinstance(each, str) else each for each in targets]
    return BroadcastRecord(str(uuid5(NAMESPACE_URL, f"broadcast {name}")), name, tuple(made), **changes)
