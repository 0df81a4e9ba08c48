"""What customers and operators enter about promotions."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from django import forms

from billing.promotions import services
from billing.promotions.models import PriceRule
from common import ports
from common.errors import DomainError

_FILE_LIMIT = 256 * 1024


class RedeemForm(forms.Form):
    """The code of a promotion."""

    code = forms.CharField(
        max_length=60, strip=True, label="Promotion code", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class PromotionFileForm(forms.Form):
    """A promotion as a file, chosen or written here."""

    file = forms.FileField(
        required=False, label="File", help_text="JSON or TOML, as under promotions/ of your catalogue."
    )
    text = forms.CharField(
        required=False,
        max_length=_FILE_LIMIT,
        label="Or write it here",
        help_text='{"name": "Summer sale", "pricing": {"type": "multiply", "factor": "0.80"}, '
        '"scope": {"customers": {"code": "{{ promotion_code(8) }}"}, "services": ["acme/chat"]}}',
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        entered: dict[str, Any] = super().clean() or {}
        chosen = entered.get("file")
        if chosen is not None and chosen.size > _FILE_LIMIT:
            self.add_error("file", f"At most {_FILE_LIMIT // 1024} KiB.")
        elif chosen is None and not entered.get("text", "").strip():
            self.add_error(None, "Choose a file, or write one.")
        elif not self.errors:
            raw = chosen.read() if chosen is not None else entered["text"].encode()
            entered["content"] = self._read(raw)
        return entered

    def _read(self, raw: bytes) -> dict[str, Any]:
        """Return the object that a file holds: JSON, else TOML."""
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            self.add_error(None, "The file is not text.")
            return {}
        for read in (json.loads, tomllib.loads):
            try:
                content = read(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(content, dict):
                # dates of TOML become the texts that JSON has
                return dict(json.loads(json.dumps(content, default=str)))
        self.add_error(
            None, "The file is neither JSON nor TOML with a promotion in it. Look for a missing comma or quote."
        )
        return {}


class PlatformRuleForm(forms.ModelForm):
    """A promotion that the platform pays for. It is checked as a seller's file is; a service writes it."""

    class Meta:
        model = PriceRule
        fields = ("name", "description", "pricing", "scope", "apply_at", "priority", "status", "expires_at", "max_uses")
        help_texts = {
            "pricing": '20 % off: {"type": "multiply", "factor": "0.80"}. '
            'An amount off: {"type": "constant", "price": "-0.50"}.',
            "scope": "Empty for everybody and everything. "
            '{"services": ["a name or a group of the platform"], "customers": {"code": "WELCOME"}}',
            "max_uses": "With a code: how many customers redeem it. Without: how many calls are made cheaper.",
        }

    def clean(self) -> dict[str, Any]:
        entered: dict[str, Any] = super().clean() or {}
        if self.errors:
            return entered
        content = {name: value for name, value in entered.items() if value not in (None, "")}
        if "expires_at" in content:
            content["expires_at"] = content["expires_at"].isoformat()
        checked, problems = ports.checked_promotion(content)
        for problem in problems:
            self.add_error(None, problem)
        if not problems:
            self._check_free(checked)
        return {**entered, "content": checked}

    def _check_free(self, content: dict[str, Any]) -> None:
        try:
            services.check_platform_rule(rule=None if self.instance._state.adding else self.instance, content=content)
        except DomainError as error:
            self.add_error(None, error.message)

    def _post_clean(self) -> None:
        """Leave the row alone: it is locked and written by a service."""
