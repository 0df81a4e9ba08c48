"""Input about aliases."""

from __future__ import annotations

from typing import Any

from django import forms

from gateway_admin.named_pages import NameField, PathField, RoutingKeyField


class TargetForm(forms.Form):
    """Where a name leads, for which requests."""

    target_path = PathField(
        label="Leads to",
        help_text="A service, group, chain or broadcast, such as p/openai or g/llm. Wrappers may precede it: m/p/x.",
    )
    request_routing_key = RoutingKeyField(
        label="Only for requests that ask for",
        help_text="Leave it empty for all other requests. Targets with different keys route side by side.",
    )
    routing_key_override = RoutingKeyField(
        label="Ask the target for", help_text="Replaces what the request asks for, such as another model."
    )
    description = forms.CharField(max_length=500, required=False)

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the services take."""
        fields = ("target_path", "request_routing_key", "routing_key_override", "description")
        return {field: self.cleaned_data[field] for field in fields}


class AliasForm(TargetForm):
    """A target of a name that is new, or has targets already."""

    name = NameField(max_length=100)
    field_order = ("name", "target_path", "request_routing_key", "routing_key_override", "description")
