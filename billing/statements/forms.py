"""What customers enter: whom their statements are addressed to."""

from __future__ import annotations

import re

from django import forms

from billing.statements.countries import COUNTRIES

_LINES, _LINE_LENGTH = 3, 90
_TAX_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]*")


class BillingDetailsForm(forms.Form):
    """The next statements are addressed to it."""

    legal_name = forms.CharField(max_length=200, label="Name or company", help_text="As it stands in your register.")
    address = forms.CharField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        help_text="Street, postal code and city, in up to three lines.",
    )
    country = forms.ChoiceField(
        choices=[("", "Choose a country"), *sorted(COUNTRIES.items(), key=lambda each: each[1])],
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    tax_id = forms.CharField(
        max_length=40,
        required=False,
        label="Tax number",
        help_text="Of a company, with its country in front: DE123456789. Leave it empty when you have none.",
    )

    def clean_address(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["address"].splitlines() if line.strip()]
        if len(lines) > _LINES or any(len(line) > _LINE_LENGTH for line in lines):
            raise forms.ValidationError(f"Write it in {_LINES} lines of at most {_LINE_LENGTH} characters.")
        return "\n".join(lines)

    def clean_tax_id(self) -> str:
        written: str = self.cleaned_data["tax_id"].strip()
        if written and not _TAX_ID.fullmatch(written):
            raise forms.ValidationError("Use letters, digits, spaces, dots and dashes, such as DE123456789.")
        return written.upper()
