"""Call tokens of a test run, and the candidates behind them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from accounts.teams import call_tokens
from accounts.teams.models import Team
from common import ports
from marketplace.testing.models import TestRun

_LIFETIME = timedelta(minutes=15)
#: What one script may spend, and one run's own requests, in the currency of the service.
SCRIPT_CAP = Decimal("0.10")
_NO_CAP: Decimal | None = None


def through(run: TestRun, team: Team, *, now: datetime) -> str:
    """Return the token of the run's own requests, as any customer's through the gateway."""
    return _issue(run, team, run.pk, settings.TEST_RUN_CAP, now)


def straight(run: TestRun, team: Team, *, now: datetime) -> str:
    """Return the token of calls straight to the upstream: they cost nothing."""
    return _issue(run, team, run.direct_reference, _NO_CAP, now)


@transaction.atomic
def for_script(run: TestRun, team: Team, *, now: datetime) -> str:
    """Return a token for one script: good for the service and for SCRIPT_CAP."""
    former, run.script_reference = run.script_reference, uuid4()
    run.save(update_fields=["script_reference"])
    ports.publish("candidate", str(run.script_reference))
    if former is not None:
        ports.publish("candidate", str(former))
    return _issue(run, team, run.script_reference, SCRIPT_CAP, now)


def publish(run: TestRun) -> None:
    """Tell the gateway about the service that a run tests, or that the run has ended."""
    for reference in (run.pk, run.direct_reference, run.script_reference):
        if reference is not None:
            ports.publish("candidate", str(reference))


def _issue(run: TestRun, team: Team, reference: UUID, cap: Decimal | None, now: datetime) -> str:
    return call_tokens.issue(
        team=team,
        user=None,
        purpose="test",
        reference=reference,
        now=now,
        lifetime=_LIFETIME,
        service_id=run.service_id,
        cap=cap,
    )
