"""The records that the control plane publishes and the data plane reads. The only thing the two share on the way down.

Each record is found by (kind, key) and is a JSON document; `Codec` validates on both sides. A record that is absent
has been withdrawn, or never was.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

Json = dict[str, Any]
_STRICT = ConfigDict(extra="ignore", arbitrary_types_allowed=False)


@dataclass(frozen=True, slots=True, config=_STRICT)
class ApiKeyRecord:
    """kind "api_key", key: hexadecimal HMAC of the key. expires_at: seconds since 1970, or None."""

    id: str
    team_id: str
    team_kind: str
    user_id: str | None
    may_call: bool
    expires_at: float | None


@dataclass(frozen=True, slots=True, config=_STRICT)
class PriceRecord:
    """A price version. `price` is the mapping of the documents."""

    id: str
    currency: str
    price: Json


@dataclass(frozen=True, slots=True, config=_STRICT)
class EnrollmentRoute:
    """An interface materialised for one enrollment: the path without prefix, and the routing key it asks for."""

    path: str
    routing_key: Json | None


@dataclass(frozen=True, slots=True, config=_STRICT)
class EnrollmentRecord:
    """An active enrollment. secret_hosts: {secret name: hosts} that the customer consented to when enrolling."""

    id: str
    code: str
    service_id: str
    parameters: Json
    price: PriceRecord
    secret_hosts: dict[str, tuple[str, ...]]
    routes: tuple[EnrollmentRoute, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class CustomerRecord:
    """kind "customer", key: team id. wallets: {currency: wallet id}; secret_names: what the team has stored."""

    team_id: str
    wallets: dict[str, str]
    secret_names: frozenset[str]
    enrollments: tuple[EnrollmentRecord, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class ChannelRecord:
    """One way to the upstream. config: the channel as its seller wrote it, normalised."""

    name: str
    type: str
    access_method: str
    config: Json
    required_secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    is_primary: bool = False
    sort_order: int = 0


@dataclass(frozen=True, slots=True, config=_STRICT)
class ServiceRecord:
    """kind "service", key: service id. details: the offering's, for declared limits such as max_output_tokens."""

    id: str
    name: str
    provider_name: str
    seller_id: str
    status: str
    visibility: str
    requires_enrollment: bool
    price: PriceRecord
    channels: tuple[ChannelRecord, ...]
    routing_vars: Json = field(default_factory=dict)
    details: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, config=_STRICT)
class RouteEntry:
    """Who answers at a path for a routing key; None stands for requests without one."""

    routing_key: Json | None
    service_id: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class RouteRecord:
    """kind "route", key: the path without prefix and outer slashes."""

    path: str
    entries: tuple[RouteEntry, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class SecretRecord:
    """kind "secret", key: "team id/name". A variable has its `value`; a secret is sealed. hosts: standing consents."""

    team_id: str
    name: str
    version: int
    sensitive: bool
    value: str
    key_id: str
    sealed_key: str
    ciphertext: str
    hosts: tuple[str, ...]


R = TypeVar("R")


class Codec(Generic[R]):
    """JSON both ways for one kind of record."""

    def __init__(self, kind: str, record: type[R]) -> None:
        self.kind = kind
        self._adapter: TypeAdapter[R] = TypeAdapter(record)

    def encode(self, record: R) -> Json:
        """Return the JSON-able mapping that is stored."""
        encoded: Json = self._adapter.dump_python(record, mode="json")
        return encoded

    def decode(self, body: object) -> R:
        """Return the record. Raises pydantic.ValidationError when the stored mapping is not one."""
        return self._adapter.validate_python(body)


API_KEY = Codec("api_key", ApiKeyRecord)
CUSTOMER = Codec("customer", CustomerRecord)
SERVICE = Codec("service", ServiceRecord)
ROUTE = Codec("route", RouteRecord)
SECRET = Codec("secret", SecretRecord)
CODECS: dict[str, Codec[Any]] = {codec.kind: codec for codec in (API_KEY, CUSTOMER, SERVICE, ROUTE, SECRET)}
