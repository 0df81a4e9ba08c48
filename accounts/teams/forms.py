"""Input about teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.teams.models import MessageMails, Role, Team, TeamKind
from common.widgets import LongSelect
from domain import periods

#: What is kept of an e-mail address; Django's field lets longer ones through.
_LONGEST_ADDRESS = 254


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


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=_LONGEST_ADDRESS)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.DEVELOPER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=Role.choices)


class PersonForm(forms.Form):
    """Somebody in a team."""

    full_name = forms.CharField(
        label="Your name",
        max_length=200,
        required=False,
        help_text="Shown with your messages. Nobody outside this account sees your e-mail address.",
    )
    message_mails = forms.ChoiceField(label="Messages by mail", choices=MessageMails.choices, widget=forms.RadioSelect)


class DescriptionForm(forms.Form):
    display_name = forms.CharField(label="Name", max_length=200, help_text="How people see it.")
    contact_email = forms.EmailField(
        label="Contact e-mail",
        max_length=_LONGEST_ADDRESS,
        required=False,
        help_text="Where we write when it concerns the whole account.",
    )
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(name, name.replace("_", " ")) for name in periods.zone_names()],
        widget=LongSelect,
        help_text="Your months and days begin at midnight there. A month that has begun ends as it began.",
    )

    @classmethod
    def of(cls, team: Team, posted: Mapping[str, Any] | None = None) -> DescriptionForm:
        """Return the form of what a team says of itself now."""
        now = {"display_name": str(team), "contact_email": team.contact_email, "timezone": team.timezone}
        return cls(posted, initial=now)
