"""The records that the control plane publishes and the data plane reads. The only thing the two share on the way down.

Each record is found by (kind, key) and is a JSON document; `Codec` validates on both sides. A record that is absent
has been withdrawn, or never was.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationInfo
from pydantic.dataclasses import dataclass

_NOTHING: dict[str, Any] = {}
_ALIKE, _LONGEST_ALIKE = 20_000, 2_000
_known: dict[str, dict[str, Any]] = {}


def _shared(value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """Return the one empty mapping for all that are empty in stored records: nearly every record has several."""
    return _NOTHING if info.mode == "json" and not value else value


def _alike(value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """Return the one mapping for all of stored records that say the same. Others may still be changed."""
    if info.mode != "json" or len(text := repr(value)) > _LONGEST_ALIKE:
        return value
    if len(_known) >= _ALIKE:
        _known.clear()
    return _known.setdefault(text, value)


#: Of a stored record, and so never changed.
Json = Annotated[dict[str, Any], AfterValidator(_shared)]
#: The same in many records: services of one seller have one price, or are reached in one way.
Alike = Annotated[dict[str, Any], AfterValidator(_alike)]
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
    price: Alike


@dataclass(frozen=True, slots=True, config=_STRICT)
class EnrollmentRoute:
    """An interface materialised for one enrollment: the path without prefix, and the routing key it asks for."""

    path: str
    routing_key: Json | None


@dataclass(frozen=True, slots=True, config=_STRICT)
class EnrollmentRecord:
    """An enrollment. secret_hosts: {secret name: hosts} that the customer consented to when enrolling.

    paused: why its calls are refused for now, in a sentence; empty when they are not. covered_until: until when a quota
    that is not used up pays for its calls, in seconds since 1970; None when none does.
    """

    id: str
    code: str
    service_id: str
    parameters: Json
    price: PriceRecord
    secret_hosts: dict[str, tuple[str, ...]]
    routes: tuple[EnrollmentRoute, ...]
    paused: str = ""
    covered_until: float | None = None

    def is_covered(self, at: float) -> bool:
        """Return whether a call at that time needs no money of its own. at: seconds since 1970."""
        return self.covered_until is not None and at < self.covered_until


@dataclass(frozen=True, slots=True, config=_STRICT)
class CustomerRecord:
    """kind "customer", key: team id. wallets: {currency: wallet id}; secret_names: what the team has stored.

    time_zone: of its months and days, as its wallets have it. request_log: what of the bodies of its calls is kept.
    by_code, by_service: the enrollments again, so that a call finds its own among any number; never stored.
    """

    team_id: str
    wallets: dict[str, str]
    secret_names: frozenset[str]
    enrollments: tuple[EnrollmentRecord, ...]
    time_zone: str = "UTC"
    request_log: Literal["none", "truncated", "complete"] = "none"
    by_code: dict[str, EnrollmentRecord] = Field(default_factory=dict, init=False, exclude=True, repr=False)
    by_service: dict[str, list[EnrollmentRecord]] = Field(default_factory=dict, init=False, exclude=True, repr=False)

    def __post_init__(self) -> None:
        for enrollment in self.enrollments:
            self.by_code.setdefault(enrollment.code, enrollment)
            self.by_service.setdefault(enrollment.service_id, []).append(enrollment)


@dataclass(frozen=True, slots=True, config=_STRICT)
class ChannelRecord:
    """One way to the upstream. config: the channel as its seller wrote it, normalised."""

    name: str
    type: str
    access_method: str
    config: Alike
    required_secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    is_primary: bool = False
    sort_order: int = 0

    @property
    def is_customers_own(self) -> bool:
        """Return whether a failure may be that of the customer's own key, or of the customer's own address."""
        return self.type in {"byok", "byoe"} or bool(self.required_secrets)


@dataclass(frozen=True, slots=True, config=_STRICT)
class GroupMember:
    """A service in a group. routing_key: by which callers of the group choose it, None for any or none.

    forwards: what the service itself is asked for instead; its members replace those of a JSON body.
    weight: at least 0; price: by which "by_price" sorts, in the group's currency, None sorts last.
    is_private: only those who are enrolled in the service may know that it is there.
    """

    service_id: str
    routing_key: Json | None = None
    forwards: Json | None = None
    weight: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    price: Decimal | None = None
    is_private: bool = False


@dataclass(frozen=True, slots=True, config=_STRICT)
class GroupRecord:
    """kind "group", key: "team id/name" for a customer's collection, "name" for one of the platform or a seller.

    access: "keyed" needs a routing key that a member has; "collection" takes calls without one over all members and
    refuses an unknown one; "open" takes unknown ones over all members too.
    sticky_header: lower case, whose value keeps a caller at one member under "sticky"; without it the API key does.
    """

    id: str
    name: str
    members: tuple[GroupMember, ...]
    access: Literal["open", "keyed", "collection"] = "open"
    policy: Literal["weighted_random", "by_price", "lowest_latency", "sticky"] = "weighted_random"
    sticky_header: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True, config=_STRICT)
class ServiceRecord:
    """kind "service", key: service id. details: the offering's, for declared limits such as max_output_tokens.

    account_limits: {name: rate limit} of the provider, as far as a channel refers to them.
    recurrence: how often schedules may call it, as its listing says: recurrence_min_interval_seconds and the like.
    pool: of a platform service, who answers its calls; the price of such a call is the platform service's.
    """

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
    account_limits: Json = field(default_factory=dict)
    recurrence: Json = field(default_factory=dict)
    pool: GroupRecord | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class RouteEntry:
    """Who answers at a path for a routing key; None stands for requests without one.

    is_private: only those who are enrolled in the service may know that it is there; for them it goes first.
    """

    routing_key: Json | None
    service_id: str
    is_private: bool = False


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


@dataclass(frozen=True, slots=True, config=_STRICT)
class CandidateRecord:
    """kind "candidate", key: the reference of the call tokens that test it. A service as it would be once on sale.

    customer: the test customer, with the one enrollment that the test has. routes: the paths of its interfaces.
    A secret that the test customer would bring is the seller's of the same name. is_direct: calls go to the channel
    that the path names, past enrollments, limits and money: to tell the platform's faults from others.
    """

    service: ServiceRecord
    customer: CustomerRecord
    routes: tuple[EnrollmentRoute, ...]
    is_direct: bool = False


@dataclass(frozen=True, slots=True, config=_STRICT)
class AliasRow:
    """One target of an alias. Among rows of equal request_routing_key at most one has is_routing.

    target_path: a path of the gateway, with wrappers and query if need be. routing_key_override: what the call asks for
    from here on; its members replace those of a JSON body.
    """

    id: str
    target_path: str
    request_routing_key: Json | None = None
    routing_key_override: Json | None = None
    is_routing: bool = True


@dataclass(frozen=True, slots=True, config=_STRICT)
class AliasRecord:
    """kind "alias", key: "team id/name" for a customer's own, "name" for one that a seller publishes to everybody.

    A record a name, so that a customer with a thousand aliases costs a call no more than one with none. An alias may be
    published a second time under "team id/alias id", for calls by id.
    """

    name: str
    rows: tuple[AliasRow, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class ChainStep:
    """on_success, on_failure: "stop" and "relay" answer with this step's answer, "continue" goes to the next step, any
    other word names the step to go to. A status of 400 and above is a failure, and so is no answer in time.

    method: None keeps the call's. headers, body: None keeps the call's; texts in them may read the call and the answers
    of earlier steps, see domain.routing.step_templates.
    """

    name: str
    target_path: str
    on_success: str = "stop"
    on_failure: str = "relay"
    timeout_ms: Annotated[int, Field(ge=1)] | None = None
    method: str | None = None
    headers: dict[str, str] | None = None
    body: Any = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class ChainRecord:
    """kind "chain", key: "team id/name". total_timeout_ms: of all steps until one of them answers."""

    id: str
    name: str
    steps: tuple[ChainStep, ...]
    default_timeout_ms: Annotated[int, Field(ge=1)] = 10_000
    total_timeout_ms: Annotated[int, Field(ge=1)] = 120_000
    enabled: bool = True


@dataclass(frozen=True, slots=True, config=_STRICT)
class BroadcastTarget:
    """timeout_ms: None is the broadcast's. routing_key_override: as in an alias."""

    name: str
    target_path: str
    routing_key_override: Json | None = None
    timeout_ms: Annotated[int, Field(ge=1)] | None = None


@dataclass(frozen=True, slots=True, config=_STRICT)
class BroadcastRecord:
    """kind "broadcast", key: "team id/name". policy: how many targets must succeed; quorum: how many for "quorum"."""

    id: str
    name: str
    targets: tuple[BroadcastTarget, ...]
    mode: Literal["sync", "async"] = "sync"
    policy: Literal["all", "any", "quorum"] = "any"
    quorum: Annotated[int, Field(ge=1)] = 1
    target_timeout_ms: Annotated[int, Field(ge=1)] = 30_000
    enabled: bool = True


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
        """Return the record. body: JSON, as text or read. Raises pydantic.ValidationError when it is no such record.

        Of texts, records share what they say alike: a hundred thousand of them take a third less memory.
        """
        if isinstance(body, str):
            return self._adapter.validate_json(body)
        return self._adapter.validate_python(body)


API_KEY = Codec("api_key", ApiKeyRecord)
CUSTOMER = Codec("customer", CustomerRecord)
SERVICE = Codec("service", ServiceRecord)
ROUTE = Codec("route", RouteRecord)
SECRET = Codec("secret", SecretRecord)
CANDIDATE = Codec("candidate", CandidateRecord)
ALIAS = Codec("alias", AliasRecord)
GROUP = Codec("group", GroupRecord)
CHAIN = Codec("chain", ChainRecord)
BROADCAST = Codec("broadcast", BroadcastRecord)
#: What is kept by one name each: found in one look-up, however many a customer has.
NAMED = (ALIAS, GROUP, CHAIN, BROADCAST)
_BY_KIND = (API_KEY, CUSTOMER, SERVICE, ROUTE, SECRET, CANDIDATE, *NAMED)
CODECS: dict[str, Codec[Any]] = {codec.kind: codec for codec in _BY_KIND}
