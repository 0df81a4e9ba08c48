"""What gateways write about calls for later and about answers, through their own ports and the database's functions."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from gateway.stores.base import NewSchedule, ScheduleLimit, ScheduleNameTaken
from gateway.stores.postgres import Database, PostgresSchedules, PostgresTasks
from gateway_admin.schedules import services
from gateway_admin.schedules.models import Schedule, TaskAnswer
from tests.databases import address
from tests.factories.accounts import TeamFactory, owner_of

pytestmark = pytest.mark.django_db(transaction=True)
DUE = datetime(2030, 1, 31, 8, 0, tzinfo=UTC)


def with_database(work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        database = Database(address())
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def register(*new: NewSchedule) -> Any:
    async def work(database: Database) -> Any:
        store = PostgresSchedules(database)
        return await asyncio.gather(*(store.register(each) for each in new), return_exceptions=True)

    return with_database(work)


def a_call(team: Any, **changes: Any) -> NewSchedule:
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "team_id": str(team.pk),
        "user_id": str(owner_of(team).pk),
        "api_key_id": str(uuid.uuid4()),
        "kind": "recurrent",
        "name": "",
        "method": "POST",
        "path": "/m/p/acme?_ttl=1h",
        "headers": {"content-type": "application/json"},
        "body": b'{"a": "\xff"}',
        "schedule": {"schedule_type": "interval", "interval_seconds": 600},
        "due_at": DUE,
        "digest": "d" * 64,
    }
    return NewSchedule(**{**values, **changes})


class TestACallForLater:
    def test_is_kept_as_it_was_sent(self):
        team = TeamFactory()
        (kept,) = register(new := a_call(team))
        row = Schedule.objects.get()
        assert (kept.id, kept.due_at, kept.is_new) == (new.id, DUE, True)
        assert (row.team, row.created_by, row.api_key, row.state) == (team, owner_of(team), None, "active")
        assert (row.method, row.path, bytes(row.body), row.headers) == (new.method, new.path, new.body, new.headers)
        assert row.schedule == new.schedule

    def test_without_a_name_is_kept_each_time(self):
        team = TeamFactory()
        register(a_call(team), a_call(team))
        assert Schedule.objects.count() == 2

    def test_of_a_name_is_kept_once_however_many_ask_at_once(self):
        team = TeamFactory()
        kept = register(*(a_call(team, name="hourly") for _ in range(8)))
        assert len({each.id for each in kept}) == 1
        assert sum(each.is_new for each in kept) == 1

    def test_of_a_name_that_means_another_call_is_refused(self):
        team = TeamFactory()
        register(a_call(team, name="hourly"))
        (refused,) = register(a_call(team, name="hourly", digest="e" * 64))
        assert isinstance(refused, ScheduleNameTaken)
        (fine,) = register(a_call(TeamFactory(), name="hourly", digest="e" * 64))
        assert fine.is_new

    def test_frees_its_name_when_it_is_cancelled(self):
        team = TeamFactory()
        register(a_call(team, name="hourly"))
        Schedule.objects.update(state="cancelled")
        (kept,) = register(a_call(team, name="hourly", digest="e" * 64))
        assert kept.is_new

    def test_is_one_of_a_thousand_at_most(self):
        team = TeamFactory()
        row = {"team": team, "kind": "delayed", "state": "active", "path": "/p/x", "schedule": {}}
        Schedule.objects.bulk_create([Schedule(**row) for _ in range(999)])
        (last,) = register(a_call(team))
        (refused,) = register(a_call(team))
        assert (last.is_new, type(refused)) == (True, ScheduleLimit)


class TestATask:
    def test_is_running_then_done_and_its_teams_alone(self):
        team, task_id = TeamFactory(), str(uuid.uuid4())

        async def work(database: Database) -> Any:
            tasks = PostgresTasks(database)
            await tasks.start(team_id=str(team.pk), broadcast="all", tasks=[(task_id, "one")])
            running = await tasks.get(team_id=str(team.pk), task_id=task_id)
            await tasks.finish(task_id=task_id, answer={"body": "a\x00b", "code": r"\u0000 \\"})
            await tasks.finish(task_id=task_id, answer={"body": "late"})
            done = await tasks.get(team_id=str(team.pk), task_id=task_id)
            return running, done, await tasks.get(team_id=str(uuid.uuid4()), task_id=task_id)

        running, done, foreign = with_database(work)
        assert (running["status"], running["name"], running["result"]) == ("running", "one", None)
        assert (done["status"], done["result"]) == ("done", {"body": "a\ufffdb", "code": r"\u0000 \\"})
        assert foreign is None

    def test_that_never_ended_is_lost(self):
        team = TeamFactory()
        row = TaskAnswer.objects.create(id=uuid.uuid4(), team=team, broadcast="all", name="one")
        TaskAnswer.objects.update(created_at=timezone.now() - timedelta(minutes=16))

        async def work(database: Database) -> Any:
            return await PostgresTasks(database).get(team_id=str(team.pk), task_id=str(row.pk))

        assert with_database(work)["status"] == "lost"

    def test_is_forgotten_after_a_week(self):
        team, now = TeamFactory(), timezone.now()
        for days in (6, 8):
            row = TaskAnswer.objects.create(id=uuid.uuid4(), team=team, broadcast="all", name=str(days))
            TaskAnswer.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=days))
        assert services.forget_answers(now=now) == 1
        assert TaskAnswer.objects.get().name == "6"


class TestTheGatewaysRights:
    def test_cover_what_it_calls_and_no_table(self):
        page = (Path(settings.BASE_DIR) / "docs" / "algorithms" / "wallets.md").read_text()
        granted = re.search(r"GRANT EXECUTE ON FUNCTION (.*?) TO marketplace_gateway", page, re.DOTALL)
        assert granted is not None
        assert {"schedule_register", "task_start", "task_finish", "task_read"} <= set(re.split(r"[,\s]+", granted[1]))


def test_a_call_is_not_changed_by_another_one_of_the_same_name():
    team = TeamFactory()
    (first,) = register(new := a_call(team, name="hourly"))
    register(replace(new, id=str(uuid.uuid4()), digest="e" * 64, path="/p/other"))
    assert Schedule.objects.get(pk=first.id).path == new.path
