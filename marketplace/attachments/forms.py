"""The form field of attachments: several files at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from marketplace.attachments.kinds import ACCEPTED
from marketplace.attachments.services import MOST_FILES


class _Files(forms.FileInput):
    allow_multiple_selected = True


class AttachmentsField(forms.FileField):
    """Cleans to a list of uploaded files. What they are is the service's to judge."""

    def __init__(self, **options: Any) -> None:
        widget = _Files(attrs={"multiple": True, "accept": ACCEPTED})
        text = f"Up to {MOST_FILES} pictures, PDFs or text files of 10 MB."
        super().__init__(**{"required": False, "label": "Files", "help_text": text, "widget": widget, **options})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the files, none when nothing was chosen."""
        chosen = data if isinstance(data, list | tuple) else [data]
        return [super(AttachmentsField, self).clean(each, initial) for each in chosen if each]
