"""A small valid service in the current form, and ways to change one thing in it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from marketplace.catalog.files.problems import Problem
from marketplace.catalog.files.service import Checked, validate_service

MISSING = object()

PROVIDER: dict[str, Any] = {
    "name": "acme",
    "contact_email": "hello@acme.example",
    "homepage": "https://acme.example",
    "time_created": "2026-01-31T12:00:00Z",
}
OFFERING: dict[str, Any] = {
    "name": "echo",
    "service_type": "proxy",
    "summary": "Says it again",
    "description": "Answers every call with what was sent.",
    "time_created": "2026-01-31T12:00:00Z",
    "upstream_access_config": {
        "default": {"base_url": "https://api.acme.example/v1", "api_key": "${ secrets.ACME_KEY }"},
    },
}
LISTING: dict[str, Any] = {
    "name": "acme/echo",
    "time_created": "2026-01-31T12:00:00Z",
    "list_price": {"type": "constant", "price": "0.01"},
    "user_access_interfaces": {"canonical": {"base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"}},
    "documents": {
        "Connection": {"category": "connectivity_test", "mime_type": "bash", "file_content": "curl $SERVICE_BASE_URL"}
    },
}
CHANNEL = "upstream_access_config.default"
INTERFACE = "user_access_interfaces.canonical"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def changed(part: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy with values put at dotted paths; MISSING takes a key away."""
    part = copy.deepcopy(part)
    for path, value in changes.items():
        *parents, last = path.split(".")
        holder = part
        for key in parents:
            holder = holder.setdefault(key, {})
        if value is MISSING:
            holder.pop(last, None)
        else:
            holder[last] = value
    return part


def check(
    provider: dict[str, Any] | None = None,
    offering: dict[str, Any] | None = None,
    listing: dict[str, Any] | None = None,
    **options: Any,
) -> Checked:
    """Check the sample with changes at dotted paths of its parts."""
    options.setdefault("seller_secret_names", frozenset({"ACME_KEY"}))
    parts = (changed(PROVIDER, provider or {}), changed(OFFERING, offering or {}), changed(LISTING, listing or {}))
    return validate_service(*parts, **options)


def texts(problems: Iterable[Problem]) -> list[str]:
    return [problem.text for problem in problems]
