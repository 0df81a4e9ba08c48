"""The form of the playground."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings

from domain import json_texts
from gateway_admin.playground.drafts import OWN_HEADERS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
#: What a browser sends from a form; larger bodies are for clients.
BODY_BYTES = 1024 * 1024
_HEADERS_SHOWN = 40
_MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_PATH = re.compile(r"[a-z](?:/[!-~]*)?")


class CallForm(forms.Form):
    """A call. path: as it follows the gateway's address; a whole address of the gateway is taken too."""

    method = forms.ChoiceField(choices=[(each, each) for each in METHODS])
    path = forms.CharField(max_length=8192, widget=forms.TextInput(attrs=_MONO))
    headers = forms.CharField(
        required=False,
        max_length=12_000,
        help_text="One a line, such as Accept: text/plain. The key is added for you.",
        widget=forms.Textarea(attrs={**_MONO, "rows": 3, "placeholder": "anthropic-version: 2023-06-01"}),
    )
    body = forms.CharField(
        required=False,
        max_length=BODY_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={**_MONO, "rows": 14}),
    )
    keep = forms.BooleanField(
        required=False,
        label="Keep request and answer in my log",
        help_text="Then you can open and run this call again. Up to 8 KB of each.",
    )
    accept = forms.BooleanField(required=False, label="Calls from here are charged to my wallet")

    def clean_path(self) -> str:
        path: str = self.cleaned_data["path"].strip()
        path = path.removeprefix(settings.API_GATEWAY_BASE_URL).lstrip("/")
        if not _PATH.fullmatch(path):
            raise forms.ValidationError("Begin with a letter of the gateway, as in p/acme/chat, a/llm or e/AB12.")
        return path

    def clean_headers(self) -> tuple[tuple[str, str], ...]:
        lines = [line for line in self.cleaned_data["headers"].splitlines() if line.strip()]
        if len(lines) > _HEADERS_SHOWN:
            raise forms.ValidationError(f"Write at most {_HEADERS_SHOWN} headers.")
        return tuple(_header(line) for line in lines)

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"].replace("\r\n", "\n")
        if len(body.encode()) > BODY_BYTES:
            raise forms.ValidationError("The body has more than 1 MiB. Call the service from a client instead.")
        return body

    @property
    def sent_body(self) -> bytes:
        """Return the body as it is sent: none with methods that have no body."""
        has_none = self.cleaned_data["method"] in {"GET", "HEAD", "OPTIONS"}
        return b"" if has_none else self.cleaned_data["body"].encode()

    @property
    def body_json(self) -> dict[str, Any] | None:
        """Return the body where it is a JSON object."""
        try:
            body = json_texts.read(self.sent_body)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise forms.ValidationError(f"“{line[:60]}” is no header. Write a name, a colon and a value.")
    if name.lower() in OWN_HEADERS or name.lower().startswith(("x-forwarded-", "sec-")):
        raise forms.ValidationError(f"{name} is written for you. Leave it out.")
    if not all(letter == "\t" or " " <= letter <= "~" or "\xa0" <= letter <= "\xff" for letter in value):
        raise forms.ValidationError(f"The value of {name} has letters that no header may have.")
    return name.lower(), value
