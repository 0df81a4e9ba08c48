"""Records as the gateway keeps them: templates parsed, own paths laid out; done once when a record is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from domain import pricing, templating
from domain.routing.matching import Table, enrollment_table
from domain.routing.snapshot import ChannelRecord, CustomerRecord, PriceRecord, ServiceRecord
from domain.template_syntax import SecretReference, Template
from domain.url_components import Component

#: What a channel's api_key says instead of a key: send none.
STRIPPED = frozenset({"", "__strip__"})
#: Dispositions that need more than a header, and keys that need more than a straight call.
_NOT_CARRIED = ("request_transformer", "response_rules", "raw")
_UNSUPPORTED_KEYS = frozenset({"__forward__", "__sigv4__"})


@dataclass(frozen=True, slots=True)
class CompiledChannel:
    """base_url: rendered per call. host_is_sellers: the seller wrote the host, so seller secrets may go there.

    headers: (name, template) set on the upstream request; credential: (header name, template) or None.
    unsupported: why this gateway cannot carry the channel, or "". servers: when there are several to choose from.
    """

    record: ChannelRecord
    base_url: Template
    host_is_sellers: bool
    credential: tuple[str, Template] | None
    headers: tuple[tuple[str, Template], ...]
    routing_key: tuple[tuple[str, Template | Any], ...]
    unsupported: str
    servers: tuple[CompiledServer, ...] = ()

    def secret_references(self) -> Iterator[SecretReference]:
        """Return every reference to a secret that a call resolves."""
        yield from self.base_url.secrets
        if self.credential:
            yield from self.credential[1].secrets
        for _, template in self.headers:
            yield from template.secrets


@dataclass(frozen=True, slots=True)
class CompiledServer:
    """One of the servers of a channel, as a channel with its own address and credential."""

    weight: int
    channel: CompiledChannel


@dataclass(frozen=True, slots=True)
class CompiledService:
    """A service record with what was made of it. channels: by name."""

    record: ServiceRecord
    channels: dict[str, CompiledChannel]


@dataclass(frozen=True, slots=True)
class CompiledCustomer:
    """A customer record with the paths of its enrollments laid out."""

    record: CustomerRecord
    own_routes: Table


def compile_customer(record: CustomerRecord) -> CompiledCustomer:
    """Return the customer ready for calls."""
    return CompiledCustomer(record, enrollment_table(record))


def compile_service(record: ServiceRecord) -> CompiledService:
    """Return the service ready for calls. Raises ValueError when a template does not parse."""
    return CompiledService(record, {channel.name: _channel(channel) for channel in record.channels})


class Prices:
    """Compiled prices by version id. Versions never change, so nothing here goes stale; the oldest are forgotten."""

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._compiled: dict[str, tuple[pricing.CompiledPrice, frozenset[str]]] = {}

    def of(self, price: PriceRecord) -> pricing.CompiledPrice:
        """Return the compiled price. Raises pricing.InvalidPrice."""
        return self._entry(price)[0]

    def needs(self, price: PriceRecord) -> frozenset[str]:
        """Return the metrics that the price asks for."""
        return self._entry(price)[1]

    def _entry(self, price: PriceRecord) -> tuple[pricing.CompiledPrice, frozenset[str]]:
        entry = self._compiled.get(price.id)
        if entry is None:
            if len(self._compiled) >= self._size:
                self._compiled.pop(next(iter(self._compiled)))
            compiled = pricing.compile(price.price)
            entry = self._compiled[price.id] = (compiled, compiled.needs())
        return entry


def _channel(record: ChannelRecord) -> CompiledChannel:
    written = record.config.get("servers")
    own = [server for server in written if isinstance(server, dict)] if isinstance(written, list) else []
    servers = [(_weight(server), _straight(record, {**record.config, **_addressed(server)})) for server in own]
    if not servers:
        return _straight(record, record.config)
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


def _straight(record: ChannelRecord, config: dict[str, Any]) -> CompiledChannel:
    base_url = templating.parse(str(config.get("base_url") or ""))
    return CompiledChannel(
        record=record,
        base_url=base_url,
        host_is_sellers=_host_is_sellers(base_url),
        credential=_credential(config),
        headers=tuple((name, templating.parse(str(value))) for name, value in (config.get("headers") or {}).items()),
        routing_key=tuple(
            (name, templating.parse(value) if isinstance(value, str) else value)
            for name, value in (config.get("routing_key") or {}).items()
        ),
        unsupported=_unsupported(config),
    )


def _credential(config: dict[str, Any]) -> tuple[str, Template] | None:
    key = config.get("api_key")
    if key is None or key in STRIPPED or key in _UNSUPPORTED_KEYS:
        return None
    return str(config.get("auth_header") or "authorization").lower(), templating.parse(str(key))


def _unsupported(config: dict[str, Any]) -> str:
    if not str(config.get("base_url") or "").startswith(("http://", "https://", "{{", "${")):
        return "its address is not an HTTP address"
    if (key := config.get("api_key")) in _UNSUPPORTED_KEYS:
        return f"its credential is {key}"
    return next((f"it uses {name}" for name in _NOT_CARRIED if config.get(name)), "")


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
