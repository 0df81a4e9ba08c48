"""Billing details: what the next statements are addressed to."""

from __future__ import annotations

from datetime import datetime

from accounts.teams.models import Team
from billing.statements.countries import COUNTRIES
from billing.statements.models import BillingDetails
from common.errors import DomainError


class CountryUnknown(DomainError):
    """Countries are written by their two letters."""

    code = "country_unknown"
    sentence = "{country!r} is no country. Give its two letters, such as DE."


def set_billing_details(
    *, team: Team, legal_name: str, address: str, country: str, tax_id: str, now: datetime
) -> BillingDetails:
    """Note what the team's statements are addressed to from the next one on. Raises: CountryUnknown."""
    if country not in COUNTRIES:
        raise CountryUnknown(country=country)
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    details, _ = BillingDetails.objects.update_or_create(
        team=team,
        defaults={
            "legal_name": legal_name.strip(),
            "address": "\n".join(lines),
            "country": country,
            "tax_id": tax_id.strip(),
            "updated_at": now,
        },
    )
    return details
