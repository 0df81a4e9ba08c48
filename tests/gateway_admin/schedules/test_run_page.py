"""The page of a run leads to its call in the log, where it stands there."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.teams.models import Team
from gateway_admin.schedules.models import Run, RunState, Schedule
from tests.factories.accounts import TeamFactory
from tests.factories.request_logs import attempt, take_attempts
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


def page_of_run(team: Team, request_id: UUID) -> str:
    now = timezone.now()
    schedule = Schedule.objects.create(team=team, path="/p/x", kind="recurrent", name=f"run of {request_id}")
    run = Run.objects.create(
        schedule=schedule,
        team=team,
        id=uuid4(),
        due_at=now,
        not_before=now,
        state=RunState.PENDING,
        request_id=request_id,
    )
    return visitor(team).get(f"/schedules/runs/{run.id}").content.decode()


@pytest.mark.parametrize("answer", [b"[" * 60_000, b'{"a":' * 900 + b"1" + b"}" * 900, b'{"a": "\\ud800"}'])
def test_compares_json_that_nobody_could_write_again_as_it_came(answer):
    team, now = TeamFactory(), timezone.now()
    schedule = Schedule.objects.create(team=team, path="/p/x", kind="recurrent", name="deep")
    for minutes in (2, 1):
        last = Run.objects.create(
            schedule=schedule, team=team, id=uuid4(), due_at=now - timedelta(minutes=minutes), not_before=now,
            started_at=now, finished_at=now, state=RunState.DONE, status=200, response_body=answer + b" " * minutes,
        )  # fmt: skip

    assert visitor(team).get(f"/schedules/runs/{last.id}").status_code == 200


def test_links_to_the_call_that_is_logged_and_only_names_one_that_is_not():
    team = TeamFactory()
    (logged,) = take_attempts(attempt(team.pk, timezone.now()))
    never = uuid4()

    with_row, without = page_of_run(team, logged), page_of_run(team, never)

    assert f'href="/request-logs/{logged}"' in with_row
    assert str(never) in without
    assert f"/request-logs/{never}" not in without
