"""Recurrent requests through the customers' published client and its command line, unmodified."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from unitysvc import AsyncClient, Client
from unitysvc.exceptions import ConflictError, NotFoundError, PermissionError, ValidationError

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from gateway_admin.schedules.firing.dispatcher import Dispatcher
from gateway_admin.schedules.firing.http import GatewayClient
from gateway_admin.schedules.models import Run, Schedule, ScheduleQuota
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import NOON, funded_wallet
from tests.factories.marketplace import make_service
from tests.fakes.gateway import FakeGateway, Reply

EVERY_FIVE_MINUTES = {"schedule_type": "interval", "interval_seconds": 300}
BY_CRON = {"schedule_type": "cron", "cron_expression": "*/5 * * * *", "timezone": "Europe/Berlin"}


WRONG = [
    {"request_path": "https://evil.example/p/x"}, {"request_path": ""}, {"request_path": "/r/p/x?_every=1h"},
    {"request_path": "/q/x"}, {"request_path": "/p/x", "http_method": "CONNECT"},
    {"request_path": "/p/x", "body_template": {"a": "{{ secrets.KEY }}"}},
    {"request_path": "/p/x", "request_headers": {"a b": "c"}},
    {"request_path": "/p/x", "request_headers": {"a": "b\nc"}}, {"request_path": "/p/x", "name": "x" * 201},
    {"request_path": "/p/x", "body_template": {"a": "\0"}},
]  # fmt: skip
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"schedule_type": "interval", "interval_seconds": 30}, "every minute"),
    ({"schedule_type": "interval", "interval_seconds": 8 * 86_400}, "at most 7 days"),
    ({"schedule_type": "interval"}, "whole number"),
    ({"schedule_type": "cron", "cron_expression": "61 * * * *"}, "column 1"),
    ({"schedule_type": "cron", "cron_expression": "0 0 31 2 *"}, "no time that ever comes"),
    ({"schedule_type": "cron", "cron_expression": "0 0 * * *", "timezone": "Mars/Base"}, "not a time zone"),
    ({"schedule_type": "solar"}, "schedule_type"), ({}, "schedule_type"),
    ({"schedule_type": "once", "at": "2030-01-01T00:00:00Z"}, "interval or a cron expression"),
]  # fmt: skip


@pytest.fixture
def team(transactional_db: None) -> Team:
    team = TeamFactory(name="buyer")
    funded_wallet("10", team=team)
    return team


@pytest.fixture
def key(team: Team) -> Callable[..., str]:
    def issue(role: str = Role.OWNER, team: Team = team) -> str:
        return api_keys.issue(team=team, role=role, name="program", by=owner_of(team), now=NOON)[1]

    return issue


@pytest.fixture
def connect(key, live_server) -> Iterator[Callable[..., Client]]:
    with ExitStack() as clients:
        yield lambda **of: clients.enter_context(Client(api_key=key(**of), base_url=f"{live_server.url}/v1"))


@pytest.fixture
def client(connect) -> Client:
    return connect()


@pytest.fixture
def service(team: Team):
    return make_service()


@pytest.fixture
def firing(gateway: FakeGateway) -> Iterator[FakeGateway]:
    """A dispatcher at work."""
    stop = threading.Event()
    dispatcher = Dispatcher(f"test:{uuid4()}", GatewayClient(gateway.url), stop)
    thread = threading.Thread(target=lambda: asyncio.run(dispatcher.run()))
    thread.start()
    yield gateway
    stop.set()
    thread.join(20)


class TestARecurrentRequest:
    def test_goes_from_draft_to_active_to_paused_to_cancelled(self, client, service, team):
        made = client.recurrent_requests.create(
            {"request_path": f"/p/{service.name}", "body_template": {"n": 1}, "name": "probe",
             "request_headers": {"X-Unitysvc-Log-Request": "1"}, "service_id": str(service.pk)}
        )  # fmt: skip
        assert (made.status, made.http_method, made.schedule, made.name) == ("draft", "POST", None, "probe")
        assert made.customer_id == team.pk
        assert made.state["next_due_at"] is None

        active = client.recurrent_requests.update(made.id, {"schedule": BY_CRON})
        assert (active.status, active.schedule.to_dict()) == ("active", BY_CRON)
        assert client.recurrent_requests.update(made.id, {"status": "paused"}).status == "paused"
        assert client.recurrent_requests.update(made.id, {"status": "active"}).status == "active"
        assert client.recurrent_requests.update(made.id, {"status": "cancelled"}).status == "cancelled"
        with pytest.raises(ConflictError):
            client.recurrent_requests.update(made.id, {"status": "active"})

        listed = client.recurrent_requests.list(status="cancelled", service_id=service.pk)
        assert ([each.id for each in listed.data], listed.count) == ([made.id], 1)
        assert client.recurrent_requests.list(status="draft").count == 0
        assert client.recurrent_requests.get(made.id).request_headers.to_dict() == {"x-unitysvc-log-request": "1"}
        client.recurrent_requests.delete(made.id)
        with pytest.raises(NotFoundError):
            client.recurrent_requests.get(made.id)

    def test_is_made_by_schedule_from_an_address_of_the_gateway(self, client, service):
        made = client.services.get(service.pk).schedule(
            recurrence=EVERY_FIVE_MINUTES, path="v1/chat/completions", json={"model": "m"}, name="hourly"
        )
        assert made.status == "active"
        assert made.request_path == f"/p/{service.name}/v1/chat/completions"
        row = Schedule.objects.get()
        assert (row.body_template, row.due_at is not None, row.service_id) == ({"model": "m"}, True, service.pk)

    def test_that_is_wrong_is_refused(self, client, service):
        for body in WRONG:
            with pytest.raises(ValidationError):
                client.recurrent_requests.create(body)
        assert Schedule.objects.count() == 0

    def test_cannot_run_at_such_times(self, client, service):
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        for schedule, words in IMPOSSIBLE:
            with pytest.raises(ValidationError) as caught:
                client.recurrent_requests.update(made.id, {"schedule": schedule})
            assert words in str(caught.value)
        assert client.recurrent_requests.get(made.id).status == "draft"

    def test_keeps_the_limits_of_the_listing(self, client, team):
        options = {"recurrence_min_interval_seconds": 600, "recurrence_max_interval_seconds": 3600,
                   "recurrence_allow_cron": False}  # fmt: skip
        service = make_service(listing={"service_options": {"default_visibility": "public", **options}})
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        for schedule in (EVERY_FIVE_MINUTES, {"schedule_type": "interval", "interval_seconds": 7200}, BY_CRON):
            with pytest.raises(ValidationError):
                client.recurrent_requests.update(made.id, {"schedule": schedule})
        fine = {"schedule_type": "interval", "interval_seconds": 600}
        assert client.recurrent_requests.update(made.id, {"schedule": fine}).status == "active"

    def test_to_nowhere_stays_a_draft(self, client, team):
        made = client.recurrent_requests.create({"request_path": "p/nowhere"})
        with pytest.raises(ValidationError):
            client.recurrent_requests.update(made.id, {"schedule": EVERY_FIVE_MINUTES})

    def test_has_a_name_of_its_own_and_room(self, client, service, team):
        body = {"request_path": f"p/{service.name}", "name": "probe"}
        client.recurrent_requests.create(body)
        with pytest.raises(ConflictError, match="name"):
            client.recurrent_requests.create(body)
        ScheduleQuota.objects.create(team=team, most=1)
        with pytest.raises(ConflictError, match="as many"):
            client.recurrent_requests.create({"request_path": f"p/{service.name}"})

    def test_is_nobody_elses(self, client, connect, service):
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        requests = connect(team=TeamFactory(name="outsider")).recurrent_requests
        for call in (requests.get, requests.delete, requests.trigger):
            with pytest.raises(NotFoundError):
                call(made.id)
        assert requests.list().count == 0

    def test_is_only_looked_at_by_viewers(self, connect, client, service):
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        viewer = connect(role=Role.VIEWER)
        assert viewer.recurrent_requests.get(made.id).id == made.id
        for call in (
            lambda: viewer.recurrent_requests.create({"request_path": "p/x"}),
            lambda: viewer.recurrent_requests.trigger(made.id),
            lambda: viewer.recurrent_requests.delete(made.id),
        ):
            with pytest.raises(PermissionError):
                call()


class TestTrigger:
    def test_returns_what_was_answered(self, client, service, firing):
        firing.reply = lambda seen: Reply(status=422, body=b'{"detail": "upstream"}')
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}", "body_template": {"a": 1}})

        told = client.recurrent_requests.trigger(made.id)

        assert (told["status_code"], told["body"], told["status"]) == (422, {"detail": "upstream"}, "failed")
        run = Run.objects.get()
        assert (str(run.id), run.kind, run.asked_by) == (told["run_id"], "manual", owner_of(run.team))
        assert client.recurrent_requests.get(made.id).state["failures"] == 0

    def test_wraps_what_is_not_json(self, client, service, firing):
        firing.reply = lambda seen: Reply(body=b"plain \xff")
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        assert client.recurrent_requests.trigger(made.id)["body"] == "plain \ufffd"

    @pytest.mark.parametrize("answer", ["[" * 2000 + "]" * 2000, '{"a": NaN}', '{"a": "\\ud800"}'])
    def test_wraps_json_that_nobody_could_write_again(self, client, service, firing, answer):
        firing.reply = lambda seen: Reply(body=answer.encode())
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        assert client.recurrent_requests.trigger(made.id)["body"] == answer

    def test_is_made_once_under_a_key_and_waited_for(self, client, key, live_server, service, firing):
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        headers = {"Authorization": f"Bearer {key()}", "Idempotency-Key": "k-1"}
        address = f"{live_server.url}/v1/recurrent-requests/{made.id}/trigger"

        first, again = (httpx.post(address, headers=headers, timeout=20) for _ in range(2))

        assert (first.json()["status"], first.json()["body"]) == ("done", {"ok": True})
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        assert Run.objects.count() == 1

    def test_of_a_cancelled_one_is_refused(self, client, service):
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}"})
        client.recurrent_requests.update(made.id, {"status": "cancelled"})
        with pytest.raises(ConflictError):
            client.recurrent_requests.trigger(made.id)

    def test_works_asynchronously(self, key, live_server, service, firing):
        mine = key()

        async def work() -> tuple[Any, ...]:
            async with AsyncClient(api_key=mine, base_url=f"{live_server.url}/v1") as client:
                requests = client.recurrent_requests
                made = await requests.create({"request_path": f"p/{service.name}"})
                active = await requests.update(made.id, {"schedule": EVERY_FIVE_MINUTES})
                told = await requests.trigger(made.id)
                listed = await requests.list()
                await requests.delete(made.id)
                shared = await client.services.get(service.pk)
                again = await shared.schedule(recurrence=BY_CRON, json={})
                return active.status, told["status_code"], listed.count, again.status

        assert asyncio.run(work()) == ("active", 200, 1, "active")


class TestTheCommandLine:
    @pytest.fixture
    def usvc(self, key, live_server, tmp_path) -> Callable[..., str]:
        environ = {**os.environ, "UNITYSVC_API_URL": f"{live_server.url}/v1", "UNITYSVC_API_KEY": key(),
                   "COLUMNS": "300", "NO_COLOR": "1", "HOME": str(tmp_path)}  # fmt: skip

        def run(*arguments: str) -> str:
            program = str(Path(sysconfig.get_path("scripts")) / "usvc")
            done = subprocess.run([program, *arguments], env=environ, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        return run

    def test_lists_shows_triggers_and_deletes(self, usvc, client, service, firing):
        made = client.recurrent_requests.create({"request_path": f"p/{service.name}", "name": "probe"})
        client.recurrent_requests.update(made.id, {"schedule": EVERY_FIVE_MINUTES})

        (row,) = json.loads(usvc("recurrent-requests", "list", "-f", "json"))
        assert (row["id"], row["name"], row["status"]) == (str(made.id), "probe", "active")
        assert "probe" in usvc("recurrent-requests", "list", "--status", "active")
        assert "interval_seconds" in usvc("recurrent-requests", "show", str(made.id))
        usvc("recurrent-requests", "trigger", str(made.id))
        assert [(run.kind, run.state) for run in Run.objects.all()] == [("manual", "done")]
        usvc("recurrent-requests", "delete", str(made.id), "--yes")
        assert Schedule.objects.count() == 0
