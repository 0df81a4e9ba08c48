"""What customers and operators enter about promotions."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.promotions import services
from billing.promotions.models import PriceRule
from common import ports
from common.errors import DomainError


class RedeemForm(forms.Form):
    """The code of a promotion."""

    code = forms.CharField(
        max_length=60, strip=True, label="Promotion code", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


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
