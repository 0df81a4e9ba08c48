"""offering_v1: what the upstream offers and how it is reached."""

from __future__ import annotations

import re

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.access_requests import check_exports
from marketplace.catalog.files.channels import Channel
from marketplace.catalog.files.fields import (
    Field,
    anything,
    check_object,
    date_time,
    list_of,
    mapping,
    one_of,
    required_text,
    text,
)
from marketplace.catalog.files.names import OFFERING_NAME_LIMIT, service_name_check
from marketplace.catalog.files.problems import Findings, JsonObject, did_you_mean, shown

_MODEL = re.compile(r"[a-z0-9][a-z0-9._:-]{0,199}\Z")
_LLM_FACTS = ("context_length", "parameter_count")
_MCP_CAPABILITY = "mcp-delegation"

_FIELDS = {
    "name": Field(service_name_check(OFFERING_NAME_LIMIT), required=True),
    "display_name": Field(text(200)),
    "service_type": Field(text(64)),
    "capabilities": Field(list_of(text(100), limit=200)),
    "summary": Field(required_text(200), required=True),
    "description": Field(required_text(), required=True),
    "status": Field(one_of(vocabulary.STATUSES)),
    "details": Field(mapping),
    "payout_price": Field(anything),
    "currency": Field(one_of(vocabulary.CURRENCIES)),
    "upstream_access_config": Field(anything),
    "exports": Field(check_exports),
    "documents": Field(anything),
    "logo": Field(text(2083)),
    "tags": Field(list_of(text(100), limit=200)),
    "time_created": Field(date_time, required=True),
}


def check_offering(offering: JsonObject, found: Findings) -> None:
    """Check an offering's own fields; price, channels and documents are checked with the rest of the service."""
    check_object(offering, _FIELDS, found, strict=False)
    service_type = offering.get("service_type")
    if isinstance(service_type, str):
        _check_service_type(service_type, found.at("service_type"))
    details = offering.get("details")
    if service_type == "llm":
        _check_llm(details, found.at("details"))
    if isinstance(details, dict) and "model" in details:
        _check_model(details["model"], found.at("details", "model"))


def _check_service_type(service_type: str, found: Findings) -> None:
    if service_type in vocabulary.SERVICE_TYPES or service_type in vocabulary.MODALITIES:
        return
    if service_type == vocabulary.UNDETERMINED:
        found.warning("says nothing about how the service is reached", "Choose a type such as llm or proxy")
        return
    hint = did_you_mean(service_type, vocabulary.SERVICE_TYPES)
    fallback = vocabulary.FALLBACK_SERVICE_TYPE
    found.warning(f"unknown type {shown(service_type)}, shown as {fallback}{hint}", type="enum")


def _check_llm(details: object, found: Findings) -> None:
    facts = details if isinstance(details, dict) else {}
    for name in _LLM_FACTS:
        here = found.at(name)
        if name not in facts:
            here.error(
                f"LLM offerings must declare details.{name}",
                "Use null to assert that the value is unknown.",
                type="llm",
            )
            continue
        value = facts[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value <= 0):
            here.error(f"must be a positive whole number or null (got {shown(value)})", type="llm")


def _check_model(value: object, found: Findings) -> None:
    if not isinstance(value, str) or not _MODEL.match(value):
        found.error(
            f"lowercase letters, digits and '.', '_', ':', '-', without a maker's prefix (got {shown(value)})",
            "Write it like glm-5.2",
            type="name",
        )


def check_mcp(offering: JsonObject, channels: tuple[Channel, ...], found: Findings) -> None:
    """Check that an MCP service has an MCP channel, and only an MCP service has one."""
    config = offering.get("upstream_access_config")
    bodies = config if isinstance(config, dict) else {}
    has_mcp = [
        channel.name
        for channel in channels
        if isinstance(bodies.get(channel.name), dict) and bodies[channel.name].get("access_method") == "mcp"
    ]
    capabilities = offering.get("capabilities")
    is_mcp = offering.get("service_type") == "mcp"
    if is_mcp and not has_mcp and channels:
        found.at("upstream_access_config").error("an MCP service needs a channel with access_method mcp", type="mcp")
    elif not is_mcp and has_mcp:
        found.at("upstream_access_config", has_mcp[0], "access_method").error(
            f"an mcp channel needs service_type mcp (got {shown(offering.get('service_type'))})", type="mcp"
        )
    elif not is_mcp and isinstance(capabilities, list) and _MCP_CAPABILITY in capabilities:
        found.at("capabilities").error(f"'{_MCP_CAPABILITY}' needs service_type mcp", type="mcp")


def check_rate_limit_references(offering: JsonObject, provider: JsonObject, found: Findings) -> None:
    """Check that the provider has every rate limit that a channel names."""
    limits, config = provider.get("rate_limits"), offering.get("upstream_access_config")
    named = [item.get("name") for item in limits if isinstance(item, dict)] if isinstance(limits, list) else []
    known = [name for name in named if isinstance(name, str)]
    for channel, body in config.items() if isinstance(config, dict) else ():
        for field in ("rate_limit_refs", "ops_rate_limit_refs"):
            references = body.get(field) if isinstance(body, dict) else None
            for index, reference in enumerate(references if isinstance(references, list) else ()):
                if isinstance(reference, str) and reference not in known:
                    what = f"known: {', '.join(known)}" if known else "the provider declares none"
                    found.at("upstream_access_config", channel, field, index).error(
                        f"no provider rate limit named {shown(reference)} ({what})", type="unknown_reference"
                    )
