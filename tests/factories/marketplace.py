"""Sellers' files, and services made from them the way that sellers make them: uploaded, submitted, approved."""

from __future__ import annotations

import copy
import itertools
from datetime import UTC, datetime
from typing import Any

from accounts.teams.models import Team
from marketplace.catalog import services
from marketplace.catalog.models import Service, ServiceStatus
from tests.factories.accounts import TeamFactory

Json = dict[str, Any]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_numbers = itertools.count(1)

PROVIDER: Json = {
    "name": "acme",
    "display_name": "Acme",
    "contact_email": "hello@acme.example",
    "homepage": "https://acme.example",
    "time_created": "2026-01-01T00:00:00Z",
}
OFFERING: Json = {
    "name": "chat",
    "service_type": "llm",
    "capabilities": ["chat"],
    "summary": "Chat with a model.",
    "description": "A model that answers questions.",
    "details": {"context_length": 8192, "parameter_count": None},
    "currency": "USD",
    "tags": ["fast"],
    "upstream_access_config": {"default": {"access_method": "http", "base_url": "https://upstream.example/v1"}},
    "time_created": "2026-01-01T00:00:00Z",
}
LISTING: Json = {
    "name": "acme/chat",
    "display_name": "Acme Chat",
    "currency": "USD",
    "list_price": {"type": "one_million_tokens", "input": "1.00", "output": "2.00"},
    "user_access_interfaces": {
        "canonical": {"access_method": "http", "base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"}
    },
    "documents": {
        "Connectivity test": {
            "category": "connectivity_test",
            "mime_type": "bash",
            "file_content": "curl -fsS $SERVICE_BASE_URL",
        }
    },
    "service_options": {"default_visibility": "public"},
    "time_created": "2026-01-01T00:00:00Z",
}


def files(namespace: str = "acme", name: str = "chat", **changes: Json) -> services.ServiceFiles:
    """Return the three files of the service `namespace/name`, of the provider `namespace`.

    changes: {"offering": {...}, "listing": {...}, "provider": {...}} replace top-level fields; None removes one.
    """
    parts = {
        "provider": copy.deepcopy(PROVIDER),
        "offering": copy.deepcopy(OFFERING),
        "listing": copy.deepcopy(LISTING),
    }
    parts["provider"]["name"], parts["offering"]["name"] = namespace, name
    parts["listing"]["name"] = f"{namespace}/{name}"
    for part, fields in changes.items():
        parts[part] = {key: value for key, value in {**parts[part], **fields}.items() if value is not None}
    return services.ServiceFiles(**parts)


def upload(
    seller: Team, service_files: services.ServiceFiles | None = None, *, now: datetime = NOON, **options: Any
) -> services.Ingested:
    """Upload files: those of `files(...)`, or the default ones."""
    return services.ingest(seller=seller, files=service_files or files(), by=None, now=now, **options)


def make_service(
    seller: Team | None = None,
    *,
    status: str = ServiceStatus.ACTIVE,
    namespace: str | None = None,
    name: str = "chat",
    now: datetime = NOON,
    **changes: Json,
) -> Service:
    """Return a service of a seller in the given status. Without a provider's name it gets one of its own."""
    seller = seller or TeamFactory(seller=True)
    namespace = namespace or f"acme{next(_numbers)}"
    service = upload(seller, files(namespace, name, **changes), now=now).service
    if status == ServiceStatus.DRAFT:
        return service
    if status == ServiceStatus.PENDING:
        return services.enable_testing(service=service, by=None, now=now)
    submission = services.submit(service=service, by=None, now=now)
    assert not submission.problems, submission.problems
    service = submission.service
    if status == ServiceStatus.REVIEW:
        return service
    if status == ServiceStatus.REJECTED:
        return services.reject(service=service, reason="Not yet.", by=None, now=now)
    service = services.approve(service=service, by=None, now=now)
    if status == ServiceStatus.SUSPENDED:
        return services.suspend(service=service, reason="Stopped.", by=None, now=now)
    if status == ServiceStatus.DEPRECATED:
        return services.deprecate(service=service, by=None, now=now)
    return service


def as_payload(service_files: services.ServiceFiles, service_id: str | None = None) -> Json:
    """Return files as the body of an upload."""
    data = {
        "provider_data": service_files.provider,
        "offering_data": service_files.offering,
        "listing_data": service_files.listing,
    }
    return {"data": data, "service_status": {"service_id": service_id} if service_id else None}
