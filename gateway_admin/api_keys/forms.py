"""Input about API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.teams.models import Membership, Role
from accounts.teams.permissions import ALLOWED

_MEANING = {
    Role.OWNER: "everything, members and billing included",
    Role.ADMIN: "everything, members and billing included",
    Role.DEVELOPER: "calls services and manages enrollments, keys and secrets",
    Role.BILLING: "reads, and manages billing; makes no calls",
    Role.VIEWER: "reads only; makes no calls",
}
_DAYS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "1 year"}


class KeyForm(forms.Form):
    """A new key. Nobody gives a key more rights than their own role has."""

    name = forms.CharField(max_length=100, help_text="Where it will be used, e.g. “production” or “my laptop”.")
    role = forms.ChoiceField(
        label="What it may do", initial=Role.DEVELOPER, widget=forms.RadioSelect, help_text="It acts for this account."
    )
    expires = forms.ChoiceField(
        label="Expires",
        required=False,
        choices=[("", "Never"), *((days, f"In {text}") for days, text in _DAYS.items())],
        help_text="An expired key is refused like a revoked one.",
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = ALLOWED[membership.role]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, f"{role.label}: {_MEANING[role]}") for role in Role if ALLOWED[role] <= own
        ]

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when the key ends, or None."""
        days = self.cleaned_data["expires"]
        return now + timedelta(days=int(days)) if days else None
