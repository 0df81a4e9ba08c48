"""Records as the gateway keeps them: templates parsed, own paths laid out; done once when a record is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from domain import pricing, templating
from domain.routing.matching import Table, enrollment_table
from domain.routing.snapshot import ChannelRecord, CustomerRecord, PriceRecord, ServiceRecord
from domain.template_syntax import SecretReference, Template
from domain.transforming.errors import TransformerInvalid
from domain.transforming.transformer import Transformer, read_transformer
from domain.url_components import Component
from gateway.bounds import Bounds, bounds_of
from gateway.lately import Lately
from gateway.shaping import FORWARD, LOCAL, SIGV4, Shaping, Written, lifted, shaping_of

#: What a channel's api_key says instead of a key: send none.
STRIPPED = frozenset({"", "__strip__"})
#: What a channel's api_key says that needs more than a header.
_NO_HEADER = frozenset({FORWARD, SIGV4})

#: How addresses may begin, besides those of HTTP, of channels that are called in another way.
_SCHEMES = {"websocket": ("ws://", "wss://"), "grpc": ("grpc://", "grpcs://")}


@dataclass(frozen=True, slots=True)
class CompiledChannel:
    """base_url: rendered per call. host_is_sellers: the seller wrote the host, so seller secrets may go there.

    headers: (name, template) set on the upstream request; credential: (header name, template) or None.
    unsupported: why this gateway cannot carry the channel, or ""; is_broken: because of what its seller wrote.
    servers: when there are several to choose from. shaping, bounds: None for the many channels that have none.
    """

    record: ChannelRecord
    base_url: Template
    host_is_sellers: bool
    credential: tuple[str, Template] | None
    headers: tuple[tuple[str, Template], ...]
    routing_key: tuple[tuple[str, Template | Any], ...]
    unsupported: str
    servers: tuple[CompiledServer, ...] = ()
    shaping: Shaping | None = None
    bounds: Bounds | None = None
    is_broken: bool = False

    def secret_references(self) -> Iterator[SecretReference]:
        """Return every reference to a secret that a call resolves."""
        yield from self.base_url.secrets
        if self.credential:
            yield from self.credential[1].secrets
        for _, template in self.headers:
            yield from template.secrets
        if self.shaping is not None:
            yield from self.shaping.secrets


@dataclass(frozen=True, slots=True)
class CompiledServer:
    """One of the servers of a channel, as a channel with its own address and credential."""

    weight: int
    channel: CompiledChannel


@dataclass(frozen=True, slots=True)
class CompiledService:
    """A service record with what was made of it. A service has few channels: to look through them takes no table."""

    record: ServiceRecord
    channels: tuple[CompiledChannel, ...]

    def channel(self, name: str) -> CompiledChannel | None:
        """Return the channel of that name."""
        return next((channel for channel in self.channels if channel.record.name == name), None)


@dataclass(frozen=True, slots=True)
class CompiledCustomer:
    """A customer record with the paths of its enrollments laid out."""

    record: CustomerRecord
    own_routes: Table


def compile_customer(record: CustomerRecord) -> CompiledCustomer:
    """Return the customer ready for calls."""
    return CompiledCustomer(record, enrollment_table(record))


def compile_service(record: ServiceRecord) -> CompiledService:
    """Return the service ready for calls."""
    return CompiledService(record, tuple(_channel(channel, record) for channel in record.channels))


class Prices:
    """Compiled prices, at most `size` of those asked for lately. Stored records of one price share its mapping."""

    def __init__(self, size: int = 20_000) -> None:
        #: By the identity of the mapping, which is kept beside it so that it is no other's.
        self._compiled: Lately[int, tuple[dict[str, Any], pricing.CompiledPrice]] = Lately(size)

    def of(self, price: PriceRecord) -> pricing.CompiledPrice:
        """Return the compiled price. Raises pricing.InvalidPrice."""
        kept = self._compiled.get(id(price.price))
        if kept is not None:
            return kept[1]
        compiled = pricing.compile(price.price)
        self._compiled.keep(id(price.price), (price.price, compiled))
        return compiled


def _channel(record: ChannelRecord, service: ServiceRecord) -> CompiledChannel:
    written = lifted(record.config)
    listed = written.values.get("servers")
    own = [server for server in listed if isinstance(server, dict)] if isinstance(listed, list) else []
    servers = [(_weight(server), _straight(record, service, written.with_own(_addressed(server)))) for server in own]
    if not servers:
        return _straight(record, service, written)
    first = servers[0][1]
    if len(servers) == 1:
        return first
    unsupported = next((channel.unsupported for _, channel in servers if channel.unsupported), "")
    pool = tuple(CompiledServer(weight, channel) for weight, channel in servers)
    return replace(first, unsupported=unsupported, servers=pool)


def _addressed(server: dict[str, Any]) -> dict[str, Any]:
    """Return what a server says itself; everything else is the channel's."""
    return {name: server[name] for name in ("base_url", "api_key") if server.get(name) is not None}


def _weight(server: dict[str, Any]) -> int:
    weight = server.get("weight", 1)
    return weight if isinstance(weight, int) and weight >= 0 else 1


def _straight(record: ChannelRecord, service: ServiceRecord, written: Written) -> CompiledChannel:
    """Return the channel; one that cannot be read is kept with the reason, so that the others can be called."""
    try:
        return _read(record, service, written)
    except TransformerInvalid as error:
        why = f"its request_transformer.{'.'.join(error.path)} cannot be read: {error.message}"
    except ValueError as error:
        why = f"it cannot be read: {error}"
    return CompiledChannel(record, templating.parse(""), False, None, (), (), why, is_broken=True)


def _read(record: ChannelRecord, service: ServiceRecord, written: Written) -> CompiledChannel:
    base_url = written.template("base_url")
    is_literal = "request_transformer" in written.literal
    transformer = read_transformer(written.values.get("request_transformer"), raw=is_literal)
    return CompiledChannel(
        record=record,
        base_url=base_url,
        host_is_sellers=_host_is_sellers(base_url),
        credential=_credential(written, {name for name, _ in transformer.set_headers}),
        headers=_headers(written) + transformer.set_headers,
        routing_key=_routing_key(written),
        unsupported=_unsupported(written, transformer, record.access_method),
        shaping=shaping_of(written, transformer),
        bounds=bounds_of(written.values, service.account_limits),
    )


def _headers(written: Written) -> tuple[tuple[str, Template], ...]:
    headers = written.values.get("headers") or {}
    return tuple((name, written.parsed("headers", value)) for name, value in headers.items())


def _routing_key(written: Written) -> tuple[tuple[str, Template | Any], ...]:
    return tuple(
        (name, written.parsed("routing_key", value) if isinstance(value, str) else value)
        for name, value in (written.values.get("routing_key") or {}).items()
    )


def _credential(written: Written, set_names: set[str]) -> tuple[str, Template] | None:
    key = written.values.get("api_key")
    if key is None or key in STRIPPED or key in _NO_HEADER:
        return None
    name = str(written.values.get("auth_header") or "authorization").lower()
    return None if name in set_names else (name, written.template("api_key"))


def _unsupported(written: Written, transformer: Transformer, access_method: str) -> str:
    address = str(written.values.get("base_url") or "")
    if access_method in _SCHEMES and address.startswith((*_SCHEMES[access_method], LOCAL)):
        return "a connection needs an upstream" if address.startswith(LOCAL) else ""
    if address.startswith(LOCAL):
        status = address.removeprefix(LOCAL).strip("/")
        return (
            "" if len(status) == 3 and "200" <= status <= "599" and status.isdecimal() else "its address is no status"
        )
    if not address.startswith(("http://", "https://", "{{", "${")):
        return "its address is not an HTTP address"
    return "it uses msg_transformer" if "msg_transformer" in transformer.unknown else ""


def _host_is_sellers(base_url: Template) -> bool:
    """Return whether values can only choose within a domain that the seller wrote, never the domain itself."""
    for index, component in enumerate(base_url.components):
        if isinstance(base_url.parts[index], str):
            continue
        if component in {Component.ADDRESS, Component.HOST}:
            return False
        if component is Component.LABEL:
            following = base_url.parts[index + 1] if index + 1 < len(base_url.parts) else ""
            host_rest = following.partition("/")[0] if isinstance(following, str) else ""
            if not host_rest.startswith(".") or host_rest.count(".") < 2:
                return False
    return True
