"""Input about secrets. What was typed as a value never comes back into a page."""

from __future__ import annotations

from typing import Any

from django import forms

SECRET, VARIABLE = "secret", "variable"
_KINDS = [
    (SECRET, "Secret: encrypted at once, never shown again"),
    (VARIABLE, "Variable: a setting that may be read back"),
]


class WriteOnlyTextarea(forms.Textarea):
    """A text area that forgets what was typed when the form is shown again."""

    def format_value(self, value: Any) -> str:
        return ""


class ValueForm(forms.Form):
    """A new value for a name that exists."""

    kind = forms.ChoiceField(choices=_KINDS, initial=SECRET, widget=forms.RadioSelect)
    value = forms.CharField(
        max_length=4000,
        widget=WriteOnlyTextarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "class": "mono"}),
        help_text="At most 4,000 characters. Spaces and line breaks around it are removed.",
    )
    description = forms.CharField(max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, is_readable: bool = False, **kwargs: Any) -> None:
        """is_readable: the present value may be shown, it is a variable's."""
        super().__init__(*args, **kwargs)
        if is_readable:
            self.fields["value"].widget = forms.Textarea(attrs=self.fields["value"].widget.attrs)

    def clean_value(self) -> str:
        """Return the value with the line breaks that were typed: browsers send each as two characters."""
        value: str = self.cleaned_data["value"]
        return value.replace("\r\n", "\n")

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what `services.put` takes."""
        cleaned = self.cleaned_data
        return {
            "value": cleaned["value"],
            "description": cleaned["description"],
            "sensitive": cleaned["kind"] == SECRET,
        }


class SecretForm(ValueForm):
    """A new secret or variable."""

    name = forms.CharField(
        max_length=100,
        help_text="Capital letters, digits and “_”, e.g. GROQ_API_KEY. Services refer to it by this name.",
    )
    field_order = ("name", "kind", "value", "description")


class GrantForm(forms.Form):
    host = forms.CharField(max_length=253, help_text="Like api.example.com, without scheme, port or path.")
