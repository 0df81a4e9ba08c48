"""Input about teams."""

from __future__ import annotations

from django import forms

from accounts.teams.models import TeamKind


class TeamForm(forms.Form):
    display_name = forms.CharField(label="Team name", max_length=200, help_text="How people see it: Acme Research.")
    kind = forms.ChoiceField(
        label="What the team does",
        choices=[
            (TeamKind.CUSTOMER, "Buys: enrolls in services and calls them"),
            (TeamKind.SELLER, "Sells: offers services to others"),
        ],
        initial=TeamKind.CUSTOMER,
        widget=forms.RadioSelect,
    )
    name = forms.SlugField(
        label="Short name",
        max_length=100,
        help_text="Letters, digits, dashes and underscores; it appears in addresses and never changes.",
    )


class SwitchForm(forms.Form):
    team = forms.UUIDField()
