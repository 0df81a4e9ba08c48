"""Waiting for a run that was asked for: it is made by a dispatcher, in a process of its own."""

from __future__ import annotations

import time
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from gateway_admin.schedules import queries
from gateway_admin.schedules.models import Run

#: Clients wait for 30 seconds.
PATIENCE_SECONDS = 25.0
_LOOK_SECONDS = 0.05


def ended(*, team: Team, run_id: UUID) -> Run:
    """Return the run once it has ended, or as it is when patience ends."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with transaction.atomic():  # each look is a new one
            run = queries.run(team=team, run_id=run_id)
        if not run.is_open or time.monotonic() >= until:
            return run
        time.sleep(_LOOK_SECONDS)
