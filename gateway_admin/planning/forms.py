"""Input of the page that tests a path."""

from __future__ import annotations

from typing import Any

from django import forms

from gateway_admin.named_pages import JsonField
from gateway_admin.planning.queries import Asked


class TestForm(forms.Form):
    """path: as it follows the gateway's address."""

    path = forms.CharField(
        max_length=8192,
        help_text="As it follows the gateway's address, such as a/chat or f/p/openai?_else=p/groq.",
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    model = forms.CharField(
        max_length=200,
        required=False,
        help_text="The routing key of most services. A body that names one says it too.",
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    body = JsonField(
        required=False,
        help_text="JSON. The hold is worked out for it; without one, for a short question and answer.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "placeholder": '{"messages": []}'}),
    )

    def clean_body(self) -> dict[str, Any] | None:
        body: Any = self.cleaned_data["body"]
        if body is not None and not isinstance(body, dict):
            raise forms.ValidationError("Write a JSON object, as the service's documentation shows it.")
        return body

    @property
    def asked(self) -> Asked:
        """Return the call that is asked about."""
        cleaned = self.cleaned_data
        model = cleaned["model"]
        return Asked(
            path=cleaned["path"].lstrip("/"), body=cleaned["body"], routing_key={"model": model} if model else None
        )
