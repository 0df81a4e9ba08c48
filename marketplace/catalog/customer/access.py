"""How anybody uses a service: which channels there are, what they cost, what they ask of the customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain import enrollment_terms as terms
from domain import pricing
from marketplace.catalog.models import Service

Mode = Literal["disallowed", "optional", "required"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """names_secret: its value is the name of one of the customer's secrets."""

    name: str
    description: str | None
    is_required: bool
    names_secret: bool


@dataclass(frozen=True, slots=True)
class NeededSecret:
    """default: what is sent when the customer has none; None when the call then fails."""

    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to a service. price: the figure of the catalogue, as text; formats: what requests may look like."""

    name: str
    type: str
    description: str | None
    is_free: bool
    price: str | None
    price_in_words: str | None
    currency: str | None
    secrets: tuple[NeededSecret, ...]
    is_default: bool
    interfaces: tuple[str, ...] | None
    formats: tuple[str, ...] | None

    @property
    def requires_enrollment(self) -> bool:
        return self.type == "enrollable"


def enrollment_mode(service: Service) -> Mode:
    """Return whether customers enroll: they must, they may, or there is nothing to enroll in."""
    if service.requires_enrollment:
        return "required"
    has_parameters = not terms.parameter_form(service.listing.data, service.offering.data).is_empty
    return "optional" if has_parameters or "enrollable" in service.channel_types else "disallowed"


def parameters(service: Service) -> list[Parameter]:
    """Return what enrolling asks for, in the order of the schema."""
    schema = terms.parameter_form(service.listing.data, service.offering.data).schema
    properties = schema.get("properties")
    required = schema.get("required") or ()
    named = {each.chosen_by for each in terms.destinations(service.offering.data, {})}
    if not isinstance(properties, Mapping):
        return []
    return [
        Parameter(name, _description(field), is_required=name in required, names_secret=name in named)
        for name, field in properties.items()
    ]


def channels(service: Service) -> list[Channel]:
    """Return the channels in the order in which calls try them."""
    found = sorted(
        terms.active_channels(service.offering.data),
        key=lambda each: (not each[1].get("is_primary"), int(each[1].get("sort_order") or 0), each[0]),
    )
    return [_channel(service, name, config, is_default=not index) for index, (name, config) in enumerate(found)]


def request_formats(service: Service) -> list[str] | None:
    """Return every format that some channel takes; None when no channel says."""
    formats = [each for channel in channels(service) for each in channel.formats or ()]
    return list(dict.fromkeys(formats)) or None


def _channel(service: Service, name: str, config: Mapping[str, Any], *, is_default: bool) -> Channel:
    kind = (service.customer_secrets.get(name) or {}).get("type") or config.get("type") or "managed"
    price = _price_of(service, name)
    explained = pricing.explain(price, service.currency) if price else None
    nominal = pricing.nominal(price) if price else None
    return Channel(
        name=name,
        type=str(kind),
        description=_text(config.get("description")),
        is_free=explained is not None and explained.sentence == "Free.",
        price=nominal.shown if nominal else None,
        price_in_words=explained.sentence if explained else None,
        currency=service.currency if price else None,
        secrets=tuple(_secrets(service, name, config)),
        is_default=is_default,
        interfaces=_words(config.get("applicable_interfaces")),
        formats=_words(config.get("request_formats")),
    )


def _price_of(service: Service, channel: str) -> Mapping[str, Any] | None:
    """Return the list price of a channel: its own part of a price by channel."""
    if service.list_price is None:
        return None
    price: Mapping[str, Any] = service.list_price.price
    if price.get("type") != "channel":
        return price
    by_channel = price.get("channels") or {}
    found: Mapping[str, Any] | None = by_channel.get(channel) or by_channel.get(price.get("default"))
    return found


def _secrets(service: Service, name: str, config: Mapping[str, Any]) -> Iterator[NeededSecret]:
    wanted = service.customer_secrets.get(name) or {}
    defaults = {each.name: each.default for each in terms.customer_secrets(config) if each.name}
    for kind in ("required", "optional"):
        for secret in wanted.get(kind, ()):
            yield NeededSecret(secret, None if kind == "required" else defaults.get(secret) or "")


def _description(field: object) -> str | None:
    return _text(field.get("description") or field.get("title")) if isinstance(field, Mapping) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _words(value: object) -> tuple[str, ...] | None:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) and value else None
