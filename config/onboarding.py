"""The first steps of a customer. Each one notices by itself that it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress

from accounts.teams.models import Team
from accounts.users.models import User
from billing.rating import queries as rating
from billing.wallets import queries as wallets
from gateway_admin.api_keys import queries as api_keys
from marketplace.enrollments import queries as enrollments


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do once. label and address: the button that leads there."""

    title: str
    text: str
    label: str
    address: str
    is_done: bool


def steps(*, user: User, team: Team, now: datetime) -> list[Step]:
    """Return the steps from signing up to a paid call, in the order in which they make sense."""
    return [
        Step(
            "Verify your e-mail",
            "So that we can reach you about your balance and your keys.",
            "Verify",
            "/accounts/email/",
            EmailAddress.objects.filter(user=user, verified=True).exists(),
        ),
        Step(
            "Create an API key",
            "One key opens every service. It is shown once.",
            "Create a key",
            "/keys/new",
            any(key.is_live(now) for key in api_keys.keys(team=team)),
        ),
        Step(
            "Call a free service",
            "Copy a call from its Code tab, put in your key, and watch it arrive here.",
            "Find a free one",
            "/market?price=free",
            any(rating.charges(team=team, currency=wallet.currency).exists() for wallet in wallets.wallets(team=team)),
        ),
        Step(
            "Put money into your wallet",
            "Services are paid call by call from a prepaid balance.",
            "Open the wallet",
            "/wallet",
            any(wallet.settled > 0 for wallet in wallets.wallets(team=team)),
        ),
        Step(
            "Enroll in a service",
            "Some services ask for it: you accept their price and choose their parameters.",
            "Browse the market",
            "/market?channel=enrollable",
            enrollments.enrollments(team=team).exists(),
        ),
    ]
