"""The first steps of a customer. Each one notices by itself that it is done, and can be left out and taken up again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Exists

from accounts.teams.models import Team
from accounts.users.models import User
from billing.rating import queries as rating
from billing.wallets import queries as wallets
from gateway_admin.api_keys import queries as api_keys
from marketplace.enrollments import queries as enrollments


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do once. label and address: the button that leads there. is_skipped: left out, and not done."""

    slug: str
    title: str
    text: str
    label: str
    address: str
    is_done: bool
    is_skipped: bool = False


#: (slug, title, text, label, address) in the order in which they make sense.
_STEPS = (
    (
        "email",
        "Verify your e-mail",
        "So that we can reach you about your balance and your keys.",
        "Verify",
        "/accounts/email/",
    ),
    ("key", "Create an API key", "One key opens every service. It is shown once.", "Create a key", "/keys/new"),
    (
        "free",
        "Call a free service",
        "Copy a call from its Code tab, put in your key, and watch it arrive here.",
        "Find a free one",
        "/market?price=free",
    ),
    (
        "enroll",
        "Enroll in a service",
        "Some services ask for it: you accept their price and choose their parameters.",
        "Browse the market",
        "/market?channel=enrollable",
    ),
    (
        "money",
        "Put money into your wallet",
        "Services are paid call by call from a prepaid balance.",
        "Top up",
        "/wallet/top-up",
    ),
    (
        "call",
        "Make your first paid call",
        "Any service of the market, with the key that you have.",
        "Choose a service",
        "/market",
    ),
)
SLUGS = frozenset(step[0] for step in _STEPS)


def steps(*, user: User, team: Team, now: datetime, skipped: Collection[str] = ()) -> list[Step]:
    """Return the steps from signing up to a paid call, in one query."""
    done = _done(user, team, now)
    return [Step(*step, is_done=done[step[0]], is_skipped=step[0] in skipped and not done[step[0]]) for step in _STEPS]


def _done(user: User, team: Team, now: datetime) -> dict[str, bool]:
    found = Team.objects.filter(pk=team.pk).values_list(
        Exists(EmailAddress.objects.filter(user=user, verified=True)),
        Exists(api_keys.live_keys(team=team, now=now)),
        Exists(rating.answered(team=team)),  # whoever has called another one needs no free one any more
        Exists(enrollments.enrollments(team=team)),
        Exists(wallets.money_in(team=team)),
        Exists(wallets.used(team=team)),
    )
    return dict(zip((step[0] for step in _STEPS), found.get(), strict=True))
