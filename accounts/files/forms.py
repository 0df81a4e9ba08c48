"""The form that uploads files."""

from __future__ import annotations

from django import forms


class UploadForm(forms.Form):
    file = forms.FileField(label="File", help_text="One of the same name in this folder is replaced.")
    folder = forms.CharField(
        label="Folder", required=False, max_length=900, help_text="A new one is made, as in reports/2026."
    )
