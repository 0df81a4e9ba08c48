"""Schedules and their runs: planned, left out, counted, paused, told and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from smtplib import SMTPRecipientsRefused
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from billing.rating import services as rating
from gateway_admin.preferences import services as preferences
from gateway_admin.preferences.models import PreferenceName
from gateway_admin.schedules import comparing, queries, services, tasks
from gateway_admin.schedules.models import Run, RunState, Schedule
from gateway_admin.schedules.services import Ended, Owner, telling
from tests.factories.accounts import owner_of
from tests.factories.billing import price_version, ship, usage_event
from tests.factories.request_logs import attempt, take_attempts

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVERY_TEN_MINUTES = {"schedule_type": "interval", "interval_seconds": 600}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def schedule(make_schedule) -> Schedule:
    return make_schedule(schedule=EVERY_TEN_MINUTES, due_at=NOON, name="probe")


def after(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def states() -> list[tuple[datetime, str, int]]:
    return list(Run.objects.order_by("due_at").values_list("due_at", "state", "slots"))


def end(state: str = "done", *, at: datetime, **more: object) -> None:
    """Let what is due be made, and end like this."""
    services.plan_due(now=at, limit=10)
    for run_id in services.claim(worker="w", now=at, limit=10):
        services.keep([Ended(run_id, 1, state, at, **more)], worker="w", now=at)


class TestPlanning:
    def test_makes_a_run_of_each_due_time_and_moves_on(self, schedule):
        assert services.plan_due(now=after(-1), limit=10) == 0
        assert (services.plan_due(now=after(0.5), limit=10), services.plan_due(now=after(0.6), limit=10)) == (1, 0)
        schedule.refresh_from_db()
        assert (states(), schedule.due_at) == ([(NOON, "pending", 1)], after(10))

    def test_tells_what_was_missed(self, schedule):
        services.plan_due(now=after(35), limit=10)
        assert states() == [(after(30), "skipped", 4)]
        assert "4 times from 2026-11-21 12:00 UTC" in Run.objects.get().error

    def test_catches_up_as_the_policy_says_after_a_clock_was_stepped(self, schedule):
        Schedule.objects.update(catch_up="all", catch_up_seconds=7200)
        services.plan_due(now=after(60.5), limit=10)
        assert [state for _, state, _ in states()] == ["pending"] * 6 + ["skipped"]  # the one on time found others open
        services.plan_due(now=after(1), limit=10)  # and back: nothing is planned again
        assert len(states()) == 7

    def test_leaves_out_what_overlaps(self, schedule):
        services.plan_due(now=NOON, limit=10)
        services.claim(worker="w", now=NOON, limit=10)
        services.plan_due(now=after(10), limit=10)
        assert states()[1][1] == "skipped"

    def test_lets_what_overlaps_wait(self, schedule):
        Schedule.objects.update(overlap="queue")
        for at in (NOON, after(10)):
            services.plan_due(now=at, limit=10)
        (first,) = services.claim(worker="w", now=after(10), limit=10)
        assert services.claim(worker="w", now=after(10), limit=10) == []
        services.keep([Ended(first, 1, RunState.DONE, after(11))], worker="w", now=after(11))
        assert len(services.claim(worker="w", now=after(11), limit=10)) == 1

    def test_lets_both_go_out(self, schedule):
        Schedule.objects.update(overlap="allow")
        for at in (NOON, after(10)):
            services.plan_due(now=at, limit=10)
        assert len(services.claim(worker="w", now=after(10), limit=10)) == 2

    def test_goes_on_after_a_date_that_comes_back_in_eleven_years(self, schedule, make_schedule):
        tuesday = {"schedule_type": "cron", "cron_expression": "0 0 */31 12 2"}
        rare = make_schedule(schedule=tuesday, now=after(0))
        assert rare.due_at == datetime(2026, 12, 1, tzinfo=UTC)
        assert services.plan_due(now=rare.due_at, limit=10) == 2
        rare.refresh_from_db()
        assert (rare.due_at, rare.runs.get().state) == (datetime(2037, 12, 1, tzinfo=UTC), "pending")

    def test_pauses_what_cannot_be_read_any_more(self, schedule):
        Schedule.objects.update(
            schedule={"schedule_type": "cron", "cron_expression": "* * * * *", "timezone": "Gone/By"}
        )
        services.plan_due(now=NOON, limit=10)
        schedule.refresh_from_db()
        assert (schedule.state, schedule.notice, states()) == ("paused", "paused", [])


class TestTheDatabase:
    def test_holds_a_due_time_once(self, schedule):
        services.plan_due(now=NOON, limit=10)
        run = Run.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.create(
                schedule=schedule, due_at=NOON, id=schedule.pk, team=run.team, state="pending", not_before=NOON
            )

    def test_keeps_how_a_run_ended(self, schedule):
        end(at=NOON)
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.update(state="failed")
        with pytest.raises(IntegrityError), transaction.atomic():
            Run.objects.update(due_at=after(1))


class TestFailures:
    def test_are_told_after_three_and_pause_after_ten(self, schedule):
        for number in range(10):
            end("failed", at=after(10 * number), error="The status was 500; expected was 2xx.")
            tasks.sweep_notices()
        schedule.refresh_from_db()
        assert (schedule.state, schedule.failures, schedule.due_at) == ("paused", 10, None)
        assert [letter.subject for letter in mail.outbox] == ["“probe” fails", "“probe” has paused"]
        assert "3 runs" in mail.outbox[0].body
        assert "The status was 500" in mail.outbox[0].body
        assert mail.outbox[0].to == [owner_of(schedule.team).email]
        services.plan_due(now=after(500), limit=10)
        assert Run.objects.count() == 10

    def test_end_with_a_success(self, schedule):
        for number, state in enumerate(["failed", "failed", "done", "failed"]):
            end(state, at=after(10 * number))
        schedule.refresh_from_db()
        assert (schedule.failures, schedule.notice, schedule.last_state) == (1, "", "failed")

    def test_for_want_of_money_pause_at_once(self, schedule):
        end("refused", at=NOON, error_code="insufficient_funds", error="There is too little money.")
        schedule.refresh_from_db()
        assert (schedule.state, schedule.pause_reason) == (
            "paused",
            "The wallet has too little money. Top up, then resume.",
        )
        assert services.tell(schedule_id=schedule.pk, now=NOON)
        assert not services.tell(schedule_id=schedule.pk, now=NOON)
        assert "Top up" in mail.outbox[0].body

    def test_are_told_where_the_team_prefers_it(self, schedule, customer):
        service = schedule.path.removeprefix("/p/")
        preferences.put(team=customer, name=PreferenceName.NOTIFICATION, value=service, by=None, now=NOON)
        end("refused", at=NOON, error_code="insufficient_funds", error="There is too little money.")
        services.tell(schedule_id=schedule.pk, now=NOON)
        notice = Schedule.objects.get(is_notice=True)
        assert (notice.path, notice.kind, notice.created_by) == (schedule.path, "delayed", owner_of(customer))
        assert (notice.body_template["event"], notice.body_template["title"]) == (
            "schedule.paused",
            "“probe” has paused",
        )
        end("failed", at=after(1), error="No.")
        notice.refresh_from_db()
        assert (notice.state, notice.notice) == ("done", "")  # nobody is told of a notice

    def test_are_told_though_a_notice_before_cannot_be_sent(self, schedule, make_schedule, monkeypatch):
        make_schedule(name="other")
        Schedule.objects.update(notice="failing")
        first, second = services.untold()
        send, sent = telling.mail.send, []

        def refuse(name, *, schedule, **facts):
            if schedule.pk == first:
                raise SMTPRecipientsRefused({"a@example.org": (450, b"Later")})
            sent.append(schedule.pk)
            return send(name, schedule=schedule, **facts)

        monkeypatch.setattr(telling.mail, "send", refuse)
        tasks.sweep_notices()

        assert (sent, services.untold()) == ([second], [first])

    @pytest.mark.parametrize("name", ["{{{x}}}", "{{{{ run.id }}"])
    def test_are_told_with_whatever_name_it_has(self, make_schedule, customer, name):
        made = make_schedule(name=name)
        service = made.path.removeprefix("/p/")
        preferences.put(team=customer, name=PreferenceName.NOTIFICATION, value=service, by=None, now=NOON)
        Schedule.objects.update(notice="failing")
        services.tell(schedule_id=made.pk, now=NOON)
        notice = Schedule.objects.get(is_notice=True)
        assert notice.body_template["title"].replace(" ", "") == f"“{name}”fails".replace(" ", "")

    def test_that_come_together_are_told_too(self, schedule):
        Schedule.objects.update(overlap="allow", catch_up="all")
        services.plan_due(now=after(41), limit=10)
        run_ids = services.claim(worker="w", now=after(41), limit=10)
        services.keep([Ended(run_id, 1, "failed", after(41)) for run_id in run_ids], worker="w", now=after(41))
        schedule.refresh_from_db()
        assert (schedule.failures, schedule.notice) == (5, "failing")

    def test_of_runs_that_were_asked_for_do_not_count(self, schedule):
        Schedule.objects.update(due_at=after(100))
        services.run_now(schedule=schedule, by=None, now=NOON)
        end("failed", at=NOON)
        schedule.refresh_from_db()
        assert (Run.objects.get().state, schedule.failures) == ("failed", 0)


class TestStates:
    def test_a_pause_wins_against_a_run_that_waits(self, schedule):
        services.plan_due(now=NOON, limit=10)
        services.pause(schedule=schedule, now=NOON)
        assert services.claim(worker="w", now=after(1), limit=10) == []
        assert states() == [(NOON, "cancelled", 1)]

    @pytest.mark.parametrize("ends", [services.pause, services.cancel])
    @pytest.mark.parametrize("is_lost", [True, False])
    def test_a_run_that_was_to_be_made_again_ends_with_its_schedule(self, schedule, ends, is_lost):
        Schedule.objects.update(method="GET")
        services.plan_due(now=NOON, limit=10)
        (run_id,) = services.claim(worker="w", now=NOON, limit=10)
        ends(schedule=schedule, now=NOON)

        if is_lost:
            services.recover(now=after(1))
        else:
            services.keep([Ended(run_id, 1, RunState.PENDING, NOON, not_before=NOON)], worker="w", now=after(1))

        assert Run.objects.get().state == "cancelled"
        assert queries.overdue(now=after(10), by=MINUTE) == 0

    def test_a_run_that_is_to_be_made_again_waits_while_its_schedule_is_at_work(self, schedule):
        services.plan_due(now=NOON, limit=10)
        (run_id,) = services.claim(worker="w", now=NOON, limit=10)
        services.keep([Ended(run_id, 1, RunState.PENDING, NOON, not_before=after(1))], worker="w", now=NOON)
        assert services.claim(worker="w", now=NOON, limit=10) == []
        assert services.claim(worker="w", now=after(1), limit=10) == [run_id]

    def test_a_delayed_call_that_was_missed_is_over(self, make_schedule, customer):
        service = make_schedule(schedule=None).path
        owner = Owner(owner_of(customer))
        made = services.create_delayed(team=customer, owner=owner, content={"path": service}, at=after(60), now=NOON)
        services.plan_due(now=after(60) + timedelta(days=2), limit=10)
        made.refresh_from_db()
        assert (made.state, Run.objects.get().state) == ("done", "skipped")

    def test_what_was_due_in_a_pause_is_not_made_up_for(self, schedule):
        Schedule.objects.update(catch_up="all")
        services.pause(schedule=schedule, now=after(-1))
        row = services.resume(schedule=schedule, owner=Owner(owner_of(schedule.team)), now=after(60))
        assert row.due_at == after(70)

    def test_a_delayed_call_is_cancelled_until_it_is_begun(self, make_schedule, customer):
        template = make_schedule(schedule=None)
        made = {"team": customer, "owner": Owner(owner_of(customer)), "content": {"path": template.path}, "now": NOON}
        kept, begun = (services.create_delayed(at=after(5), **made) for _ in range(2))
        services.cancel(schedule=kept, now=NOON)
        services.plan_due(now=after(5), limit=10)
        (run_id,) = services.claim(worker="w", now=after(5), limit=10)
        with pytest.raises(services.AlreadyStarted):
            services.cancel(schedule=begun, now=after(5))
        services.keep([Ended(run_id, 1, RunState.DONE, after(6), status=200)], worker="w", now=after(6))
        begun.refresh_from_db()
        assert (begun.state, Run.objects.count()) == ("done", 1)

    def test_a_copy_is_a_draft_of_its_own(self, schedule):
        made = services.copy(schedule=schedule, owner=Owner(owner_of(schedule.team)), now=NOON)
        assert (made.state, made.name, made.path, made.due_at) == ("draft", "probe (2)", schedule.path, None)
        assert made.schedule == EVERY_TEN_MINUTES


class TestWhatIsSent:
    def test_may_look_like_an_escape(self, make_schedule):
        template = {"pattern": r"\u0000"}
        assert make_schedule(body_template=template).body_template == template
        with pytest.raises(services.RequestInvalid):
            make_schedule(body_template={"pattern": "\0"})


class TestRunsThatAreAskedFor:
    def test_are_a_few_at_a_time(self, schedule):
        for number in range(5):
            services.run_now(schedule=schedule, by=None, now=after(number))
        with pytest.raises(services.TooManyAsked):
            services.run_now(schedule=schedule, by=None, now=after(6))

    def test_send_the_same_again_and_show_what_differs(self, schedule, dispatch, gateway):
        first, second = (
            Run(schedule=schedule, status=status, response_body=body)
            for status, body in ((200, b'{"b": 1, "a": [1, 2]}'), (500, b'{"a":[1,3],"b":1}'))
        )
        found = comparing.difference(first, second)
        assert found.status == (200, 500)
        changed = [(line.kind, line.text.strip()) for line in found.lines if line.kind in ("new", "gone")]
        assert changed == [("gone", "2"), ("new", "3")]
        assert comparing.difference(first, first).is_none


class TestWhatARunCost:
    def test_is_what_all_its_calls_were_charged(self, schedule, customer):
        end(at=NOON, request_id=uuid4())
        run, wallet, price = Run.objects.get(), customer.wallets.get(), price_version()
        parts = [attempt(customer.pk, NOON, origin="schedule", origin_id=str(run.id)) for _ in range(2)]
        ship(*(usage_event(wallet, price, event_id=part) for part in take_attempts(*parts)))
        assert queries.costs([run]) == {}
        rating.settle(limit=10)
        assert queries.costs([run]) == {run.id: (Decimal(2), "USD")}  # a dollar for each of two tokens


class TestForgetting:
    def test_takes_answers_after_a_week_and_runs_after_a_month(self, schedule):
        now = NOON + timedelta(days=100)
        for days in (6, 8, 31):
            due = now - timedelta(days=days)
            kept = {"started_at": due, "finished_at": due, "response_headers": {}, "response_body": b"x"}
            Run.objects.create(
                schedule=schedule, due_at=due, id=uuid4(), team=schedule.team, state="done", not_before=due, **kept
            )
        assert services.forget_runs(now=now) == (2, 1)
        assert [bool(run.response_body) for run in Run.objects.order_by("-due_at")] == [True, False]

    def test_takes_what_a_replay_was_to_send_that_nobody_answered(self, schedule):
        services.plan_due(now=NOON, limit=10)
        (run_id,) = services.claim(worker="w", now=NOON, limit=10)
        sent = {"method": "POST", "path": schedule.path, "headers": {}, "body": "{}"}
        services.keep([Ended(run_id, 1, "done", NOON, sent=sent, headers={})], worker="w", now=NOON)
        again = services.replay(run=Run.objects.get(), by=None, now=after(1))
        services.cancel(schedule=schedule, now=after(1))
        assert Run.objects.get(id=again.id).sent == sent
        services.forget_runs(now=after(1) + timedelta(days=8))
        assert [run.sent for run in Run.objects.all()] == [None, None]

    def test_leaves_an_overdue_run_to_be_seen(self, schedule):
        services.plan_due(now=NOON, limit=10)
        assert queries.overdue(now=after(2), by=MINUTE) == 1
