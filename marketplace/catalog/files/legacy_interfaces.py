"""What older interfaces carried for the upstream, moved to the channels that it is about."""

from __future__ import annotations

from typing import Any

from domain.templating import TemplateSyntaxError, secret_references
from marketplace.catalog.files.channels import check_credential
from marketplace.catalog.files.deprecations import Notes
from marketplace.catalog.files.problems import Findings, JsonObject

#: Field of an interface, and the field of the channel that it becomes.
_LIFTED = {
    "api_key": "api_key",
    "request_transformer": "request_transformer",
    "rate_limits": "customer_rate_limit",
    "constraints": "constraints",
    "response_rules": "response_rules",
}
_GATEWAY_METHODS = {"${SMTP_GATEWAY_BASE_URL}": "smtp", "${MCP_GATEWAY_BASE_URL}": "mcp"}


def lift(offering: JsonObject, listing: JsonObject, notes: Notes) -> tuple[JsonObject, JsonObject]:
    """Return offering and listing with those fields moved from the interfaces to the channels."""
    interfaces, config = listing.get("user_access_interfaces"), offering.get("upstream_access_config")
    if not isinstance(interfaces, dict):
        return offering, listing
    channels = dict(config) if isinstance(config, dict) else {}
    kept: JsonObject = {}
    for name, interface in interfaces.items():
        found = notes.found.of("listing_data").at("user_access_interfaces", name)
        kept[name] = _lift_one(name, interface, channels, notes, found) if isinstance(interface, dict) else interface
    if isinstance(config, dict):
        offering = {**offering, "upstream_access_config": channels}
    return offering, {**listing, "user_access_interfaces": kept}


def _lift_one(name: str, interface: JsonObject, channels: JsonObject, notes: Notes, found: Findings) -> JsonObject:
    kept = {key: value for key, value in interface.items() if key not in _LIFTED}
    for key, becomes in _LIFTED.items():
        value = interface.get(key)
        if value in (None, "", [], {}):
            continue
        here = found.at(key)
        notes.deprecated(here, "belongs to the upstream", f"Write {becomes} into the channel of the offering")
        if key == "api_key":
            check_credential(value, here)
            value = customers_key(value)
        for channel in _meant(name, channels):
            channels[channel] = _with(channels[channel], becomes, value, here)
    base_url = kept.get("base_url")
    if "access_method" not in kept and isinstance(base_url, str) and base_url in _GATEWAY_METHODS:
        kept["access_method"] = _GATEWAY_METHODS[base_url]
    return kept


def customers_key(value: Any) -> Any:
    """Return an interface's key as a channel says it: a secret named there is the customer's."""
    if not isinstance(value, str):
        return value
    try:
        references = secret_references(value)
    except TemplateSyntaxError:
        return value
    for reference in reversed(references):
        if reference.owner == "seller":
            default = "" if reference.default is None else f" ?? {reference.default}"
            written = f"${{ customer_secrets.{reference.name}{default} }}"
            value = value[: reference.start] + written + value[reference.end :]
    return value


def _meant(interface: str, channels: JsonObject) -> list[str]:
    """Return the channels that an interface speaks of: the one of its name, those that serve it, or all."""
    if isinstance(channels.get(interface), dict):
        return [interface]
    bodies = {name: channel for name, channel in channels.items() if isinstance(channel, dict)}
    serving = [n for n, c in bodies.items() if interface in (c.get("applicable_interfaces") or ())]
    return serving or [name for name, channel in bodies.items() if not channel.get("applicable_interfaces")]


def _with(channel: JsonObject, key: str, value: Any, found: Findings) -> JsonObject:
    held = channel.get(key)
    if key == "api_key" and held and held != value:
        # the customer's own key must pay for the call, never the seller's that stood there for testing
        found.warning("takes the place of the channel's api_key", "Keep one of them", type="deprecated")
        return {**channel, key: value}
    if isinstance(held, dict) and isinstance(value, dict):
        return {**channel, key: {**value, **held}}
    return channel if held else {**channel, key: value}
