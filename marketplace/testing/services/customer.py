"""The platform's test customer: a team of its own, whose wallet the platform fills."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.teams import services as teams
from accounts.teams.models import Team, TeamKind
from billing.rating.models import Charge
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from domain.money import Money

#: What is put into its wallet when less than half of it is left.
_FILL = Decimal(10)


def the_customer() -> Team:
    """Return the team that tests call for, made now if there is none."""
    name = settings.TEST_CUSTOMER_TEAM
    return Team.objects.filter(name=name).first() or _make(name)


def _make(name: str) -> Team:
    """Make the team, or return the one that another run made at the same moment: the first tests of all race for it."""
    try:
        return teams.create(kind=TeamKind.CUSTOMER, name=name, display_name="Platform tests")
    except (teams.TeamNameTaken, IntegrityError):
        return Team.objects.get(name=name)


@transaction.atomic
def funded_customer(*, currency: str, now: datetime) -> Team:
    """Return the test customer with money in a wallet of that currency."""
    team = the_customer()
    wallet = wallets.open(team=team, currency=currency)
    if wallet.spendable < _FILL / 2:
        amount = Money(_FILL, currency)
        key = f"tests:{wallet.pk}:{wallet.seq}"
        wallets.credit(wallet=wallet, amount=amount, kind="grant", key=key, note="Tests", by=None, now=now)
    return team


def spent_since(moment: datetime) -> Decimal:
    """Return what the tests have cost since then, over all currencies at face value."""
    mine = Charge.objects.filter(wallet__in=Wallet.objects.filter(team__name=settings.TEST_CUSTOMER_TEAM))
    total = mine.filter(started_at__gte=moment).aggregate(total=Sum("charged"))["total"]
    return total or Decimal(0)


def has_money_for_today(*, now: datetime) -> bool:
    """Return whether periodic tests of the last 24 hours have cost less than a day of them may."""
    return spent_since(now - timedelta(days=1)) < settings.TEST_DAILY_CAP
