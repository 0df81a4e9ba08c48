"""Templates of services."""

from __future__ import annotations

from typing import Any

from marketplace.service_templates.models import ServiceTemplate

PROVIDER = """{
  "name": "{{ provider_name }}", "display_name": "Acme", "contact_email": "hello@acme.example",
  "homepage": "https://acme.example", "time_created": "2026-01-01T00:00:00Z"
}"""
OFFERING = """{
  "name": "{{ name.split('/')[-1] }}", "service_type": "llm", "capabilities": ["chat"],
  "summary": "{{ summary }}", "description": "A model that answers questions.",
  "details": {"context_length": {{ context_length }}, "parameter_count": null},
  "tags": [{% for tag in tags %}"{{ tag }}"{% if not loop.last %}, {% endif %}{% endfor %}],
  "upstream_access_config": {"default": {"access_method": "http", "base_url": "{{ constants.upstream }}/{{ model }}"}},
  "time_created": "2026-01-01T00:00:00Z"
}"""
LISTING = """{
  "name": "{{ name }}", "status": "ready",
  "list_price": {"type": "constant", "price": "{{ price }}"},
  "user_access_interfaces": {"main": {"base_url": "${API_GATEWAY_BASE_URL}/{{ name }}", "access_method": "http"}},
  "documents": {
    "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"}
  },
  "time_created": "2026-01-01T00:00:00Z"
}"""
SCHEMA = {
    "type": "object",
    "properties": {
        "model": {"type": "string", "title": "Model", "minLength": 1},
        "summary": {"type": "string", "title": "Summary", "default": "Chat with a model."},
        "price": {"type": "string", "title": "Price of a call", "pattern": "^[0-9.]+$", "default": "0.01"},
        "context_length": {"type": "integer", "title": "Context length", "default": 8192},
        "tags": {"type": "array", "title": "Tags", "items": {"type": "string"}, "default": []},
    },
    "required": ["model"],
}


def service_template(name: str = "openai-compatible", version: str = "1", **changes: Any) -> ServiceTemplate:
    """Return an active template of a chat service; `model` must be given."""
    fields = {
        "display_name": "OpenAI compatible",
        "description": "Any server that speaks the format of OpenAI.",
        "service_type": "llm",
        "status": "active",
        "parameter_schema": SCHEMA,
        "constants": {"upstream": "https://upstream.example/v1"},
        "provider_template": PROVIDER,
        "offering_template": OFFERING,
        "listing_template": LISTING,
        **changes,
    }
    return ServiceTemplate.objects.create(name=name, version=version, **fields)
