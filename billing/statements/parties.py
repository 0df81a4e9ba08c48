"""Who issues statements and whom they are addressed to, as both are now."""

from __future__ import annotations

from django.conf import settings

from accounts.teams.models import Team
from billing.statements.contents import Party
from billing.statements.models import BillingDetails


def platform() -> Party:
    """Return the issuer, from the settings."""
    return Party(
        name=settings.PLATFORM_NAME,
        address=tuple(line.strip() for line in settings.PLATFORM_ADDRESS.split(";") if line.strip()),
        country=settings.PLATFORM_COUNTRY,
        tax_id=settings.PLATFORM_TAX_ID,
    )


def tax_note() -> str:
    """Return the sentence about taxes that stands on every statement."""
    note: str = settings.PLATFORM_TAX_NOTE
    return note


def customer(team: Team) -> Party:
    """Return whom the team's statements are addressed to: its billing details, or its name alone."""
    try:
        details = team.billing_details
    except BillingDetails.DoesNotExist:
        return Party(name=str(team))
    return Party(details.legal_name, tuple(details.address.splitlines()), details.country, details.tax_id)
