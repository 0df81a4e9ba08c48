"""Scheduled requests in a real browser: every page in every state, both themes, wide and narrow; one is made."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.teams.models import Team
from accounts.users.models import User
from gateway_admin.schedules import services
from gateway_admin.schedules.models import Run, Schedule
from gateway_admin.schedules.run_ids import run_id
from gateway_admin.schedules.services import Owner
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def team(buyer: User) -> Team:
    return funded_wallet("50", team=TeamFactory(owner=buyer)).team


@pytest.fixture
def service(transactional_db: None) -> Service:
    return make_service(namespace="acme", listing={"display_name": "Acme Chat"})


def a_run(schedule: Schedule, minutes: int, state: str, **more: object) -> Run:
    due = timezone.now() - timedelta(minutes=minutes)
    began = due + timedelta(milliseconds=140)
    values = {"started_at": began, "finished_at": began + timedelta(seconds=1.4), "attempt": 1, "status": 200,
              "worker": "w", "request_id": uuid4(), "not_before": due, **more}  # fmt: skip
    return Run.objects.create(
        schedule=schedule, due_at=due, id=run_id(schedule.pk, due), team=schedule.team, state=state, **values
    )


@pytest.fixture
def pages(buyer: User, team: Team, service: Service) -> list[str]:
    """The addresses of the pages, with things in every state."""
    made = {"team": team, "owner": Owner(buyer), "now": timezone.now()}
    every = {"schedule_type": "interval", "interval_seconds": 600}
    clock = {"schedule_type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Berlin"}
    probe = services.create(
        content={"name": "Health of the chat", "path": f"l/p/{service.name}/v1/chat/completions",
                 "headers": {"x-a": "1"}, "body_template": {"model": "m", "at": "{{ run.due_at }}"},
                 "expected_body": "ok"},
        schedule=every, **made,
    )  # fmt: skip
    Schedule.objects.filter(pk=probe.pk).update(failures=4, last_run_at=timezone.now(), last_state="failed")
    paused = services.create(
        content={"name": "Report " + "with-a-long-name" * 6, "path": f"p/{service.name}"}, schedule=clock, **made
    )
    services.pause(schedule=paused, now=made["now"], reason="The wallet has too little money. Top up, then resume.")
    services.create(content={"path": f"p/{service.name}/a/very/long/path/that/goes/on" + "/and-on" * 12}, **made)
    later = services.create_delayed(
        content={"path": f"p/{service.name}", "name": "Once"}, at=made["now"] + timedelta(days=3), **made
    )
    body = json.dumps({"state": "fine", "n": 1}).encode()
    sent = {"method": "POST", "path": probe.path, "headers": {"x-a": "1"}, "body": '{"model": "m"}'}
    kept = {"sent": sent, "response_headers": {}, "response_size": len(body)}
    a_run(probe, 40, "skipped", slots=12, status=None, request_id=None, error="12 times passed while nothing ran.",
          started_at=None, error_code="missed")  # fmt: skip
    first = a_run(
        probe,
        30,
        "done",
        response_body=body,
        checks=[{"what": "status", "ok": True, "expected": "2xx", "got": "200"}],
        **kept,
    )
    failed = a_run(
        probe, 20, "failed", response_body=b'{"state": "degraded", "n": 1}', error="The body is not as expected.",
        error_code="unexpected_answer", replay_of=first.id, kind="replay",
        checks=[{"what": "status", "ok": True, "expected": "2xx", "got": "200"},
                {"what": "body contains", "ok": False, "expected": "fine", "got": '{"state": "degraded"}'}], **kept,
    )  # fmt: skip
    a_run(probe, 10, "started", finished_at=None, status=None, request_id=None, lease_until=timezone.now())
    return [
        "/schedules", "/schedules?kind=delayed", "/schedules/new", f"/schedules/{probe.pk}",
        f"/schedules/{probe.pk}/edit", f"/schedules/{paused.pk}", f"/schedules/{later.pk}",
        f"/schedules/runs/{failed.id}", f"/schedules/runs/{first.id}",
    ]  # fmt: skip


def test_pages_are_sound(visit, buyer, pages):
    visitor = visit(buyer)

    assert {address: faults for address in pages if (faults := visitor.faults(address))} == {}


def test_an_empty_list_offers_the_first_step(visit, buyer, team):
    visitor = visit(buyer)
    page = visitor.go("/schedules")
    page.get_by_role("link", name="Schedule a request").click()
    expect(page.get_by_role("heading", name="New scheduled request")).to_be_visible()


def test_a_request_is_previewed_while_typing_and_scheduled(visit, buyer, team, service):
    visitor = visit(buyer)
    page = visitor.go("/schedules/new")
    page.get_by_label("by the clock").check()
    page.get_by_label("Cron expression").fill("0 9 * * 1-5")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Path").fill(f"p/{service.name}")
    expect(page.locator("#preview")).to_contain_text("At 09:00 on Monday to Friday")
    expect(page.locator("#preview li")).to_have_count(5)
    expect(page.locator("#preview")).to_contain_text("in 30 days, at most")
    page.get_by_label("Name").fill("Morning report")
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_role("heading", name="Morning report")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Morning report is paused.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("runs again")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    expect(page.locator("#run")).to_contain_text("Run now, asked for by")
    assert (Schedule.objects.get().state, Run.objects.get().kind) == ("active", "manual")
    assert visitor.complaints == []


def test_it_works_without_scripts(visit, buyer, team, service):
    page = visit(buyer, scripts=False).go("/schedules/new")
    page.get_by_label("Path").fill(f"p/{service.name}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview li")).to_have_count(5)
    page.locator("#id_every").fill("0")
    page.get_by_role("button", name="Schedule it").click()
    expect(page.locator("#schedule-form")).to_contain_text("greater than or equal to 1")
    page.locator("#id_every").fill("15")
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_text("Every 15 minutes")).to_be_visible()
