"""The dispatcher: what is due is called, what comes back is kept, and policies hold."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from accounts.teams.models import Membership, Role, Team
from gateway_admin.api_keys import services as api_keys
from gateway_admin.schedules import queries, services
from gateway_admin.schedules.models import Run, RunState, Schedule
from tests.factories.accounts import UserFactory, owner_of
from tests.fakes.gateway import Reply
from tests.gateway_admin.schedules.conftest import past

#: JSON as an upstream may write it, that nobody could write again.
UNREADABLE = [b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900, b'{"a": "\\ud800"}']


def ended(count: int = 1):
    return lambda: Run.objects.exclude(state__in=["pending", "started"]).count() >= count


class TestARun:
    def test_is_called_through_the_gateway_as_its_owner(self, make_schedule, dispatch, gateway, customer):
        due = past(3)
        made = make_schedule(
            name="probe",
            due_at=due,
            headers={"X-Mine": "1", "Authorization": "Bearer stolen", "Cookie": "a=b"},
            body_template={"at": "{{ run.due_at }}", "name": "{{ schedule.name }}", "n": 1},
        )

        dispatch(ended())

        (seen,) = gateway.seen
        assert (seen.method, seen.path) == ("POST", made.path)
        assert json.loads(seen.body) == {"at": f"{due:%Y-%m-%dT%H:%M:%S}+00:00", "name": "probe", "n": 1}
        assert (seen.headers["x-mine"], seen.headers["content-type"]) == ("1", "application/json")
        assert "cookie" not in seen.headers
        run = Run.objects.get()
        assert seen.token is not None
        assert (seen.token.team_id, seen.token.user_id) == (str(customer.pk), str(owner_of(customer).pk))
        assert (seen.token.purpose, seen.token.reference, seen.key) == ("schedule", str(run.id), str(run.id))
        assert (run.state, run.status, run.text, str(run.request_id)) == ("done", 200, '{"ok": true}', seen.request_id)
        assert (run.due_at, run.attempt, run.kind) == (due, 1, "due")
        assert run.lateness is not None
        assert timedelta(seconds=3) <= run.lateness < timedelta(seconds=13)
        made.refresh_from_db()
        assert made.due_at == due + timedelta(minutes=1)
        assert (made.failures, made.last_state) == (0, "done")

    def test_is_held_against_what_is_expected(self, make_schedule, dispatch, gateway):
        gateway.reply = lambda seen: Reply(status=201, body=b'{"state": "degraded", "more": 1}')
        make_schedule(due_at=past(1), expected_status="200, 201", expected_body='{"state": "fine"}', match="json")

        dispatch(ended())

        run = Run.objects.get()
        assert (run.state, run.error_code, run.error) == (
            "failed", "unexpected_answer", "The answer's body is not as expected.",
        )  # fmt: skip
        assert [(check["what"], check["ok"]) for check in run.checks] == [("status", True), ("body json", False)]

    def test_keeps_the_beginning_of_a_long_answer(self, make_schedule, dispatch, gateway):
        gateway.reply = lambda seen: Reply(body=b"x" * 200_000)
        make_schedule(due_at=past(1))

        dispatch(ended())

        run = Run.objects.get()
        assert (len(run.text), run.response_size, run.is_cut) == (64 * 1024, 200_000, True)

    def test_that_the_gateway_refuses_says_why(self, make_schedule, dispatch, gateway):
        gateway.reply = lambda seen: Reply(status=404, own="service_not_found")
        made = make_schedule(due_at=past(1))

        dispatch(ended())

        run = Run.objects.get()
        assert (run.state, run.error_code, run.error) == ("refused", "service_not_found", "It is service_not_found.")
        made.refresh_from_db()
        assert (made.failures, made.state) == (1, "active")

    def test_of_head_ends_with_the_head_of_the_answer(self, make_schedule, dispatch, gateway):
        gateway.reply = lambda seen: Reply(status=402, own="insufficient_funds")
        made = make_schedule(due_at=past(1), method="HEAD", timeout_seconds=1)

        dispatch(ended())

        run = Run.objects.get()
        assert (run.state, run.status) == ("refused", 402)
        assert services.run_now(schedule=made, by=None, now=past(0))
        dispatch(ended(2))
        assert [each.status for each in Run.objects.all()] == [402, 402]

    def test_reads_the_answer_before_it(self, make_schedule, dispatch, gateway):
        gateway.reply = lambda seen: Reply(body=json.dumps({"cursor": len(gateway.seen)}).encode())
        made = make_schedule(schedule=None, body_template={"after": "{{ previous.body.cursor }}"})
        services.run_now(schedule=made, by=None, now=queries.database_time())
        dispatch(ended())
        assert Run.objects.get().error_code == "value_missing"

        services.update(
            schedule=made, changes={"body_template": {"a": 1}}, owner=services.Owner(made.created_by), now=past(0)
        )
        services.run_now(schedule=made, by=None, now=queries.database_time())
        dispatch(ended(2))
        template = {"after": "{{ previous.body.cursor }}"}
        services.update(
            schedule=made, changes={"body_template": template}, owner=services.Owner(made.created_by), now=past(0)
        )
        services.run_now(schedule=made, by=None, now=queries.database_time())
        dispatch(ended(3))

        assert json.loads(gateway.seen[-1].body) == {"after": 1}

    @pytest.mark.parametrize("answer", UNREADABLE)
    def test_does_not_fall_over_the_answer_that_it_is_held_against(self, make_schedule, dispatch, gateway, answer):
        gateway.reply = lambda seen: Reply(body=answer)
        make_schedule(due_at=past(1), expected_body='{"a": 1}', match="json")

        dispatch(ended())

        assert (Run.objects.get().state, Run.objects.get().error_code) == ("failed", "unexpected_answer")

    @pytest.mark.parametrize("answer", UNREADABLE)
    def test_does_not_fall_over_the_answer_that_it_reads(self, make_schedule, dispatch, gateway, answer):
        gateway.reply = lambda seen: Reply(body=answer)
        made = make_schedule(schedule=None, body_template={"a": 1})
        services.run_now(schedule=made, by=None, now=queries.database_time())
        dispatch(ended())
        template = {"after": "{{ previous.body }}"}
        services.update(
            schedule=made, changes={"body_template": template}, owner=services.Owner(made.created_by), now=past(0)
        )
        services.run_now(schedule=made, by=None, now=queries.database_time())

        dispatch(ended(2))

        assert json.loads(gateway.seen[-1].body) == {"after": answer[: 64 * 1024].decode()}


class TestRightsOfTheMoment:
    def test_of_one_who_left_end_the_schedule(self, make_schedule, dispatch, gateway, customer):
        made = make_schedule(due_at=past(1))
        _another_owner(customer)
        Membership.objects.get(team=customer, user=made.created_by).delete()

        dispatch(ended())

        run = Run.objects.get()
        made.refresh_from_db()
        assert (run.state, run.error_code, gateway.seen) == ("refused", "owner_left", [])
        assert (made.state, made.due_at, made.notice) == ("paused", None, "paused")
        assert "Resume it" in made.pause_reason

    def test_of_a_lower_role_do_not_suffice(self, make_schedule, dispatch, gateway, customer):
        made = make_schedule(due_at=past(1))
        _another_owner(customer)
        Membership.objects.filter(team=customer, user=made.created_by).update(role=Role.VIEWER)
        dispatch(ended())
        assert (Run.objects.get().error_code, gateway.seen) == ("permission_denied", [])

    def test_of_a_revoked_key_are_gone(self, make_schedule, dispatch, gateway, customer):
        key, _ = api_keys.issue(team=customer, role=Role.OWNER, name="ci", by=owner_of(customer), now=past(100))
        made = make_schedule(due_at=past(1), api_key=key)
        api_keys.revoke(key=key, now=past(0))

        dispatch(ended())

        assert (Run.objects.get().error_code, gateway.seen) == ("key_revoked", [])
        made.refresh_from_db()
        resumed = services.resume(schedule=made, owner=services.Owner(owner_of(customer)), now=past(0))
        assert (resumed.state, resumed.api_key, resumed.pause_reason) == ("active", None, "")


class TestDelivery:
    def test_is_tried_again_while_nothing_was_sent(self, make_schedule, dispatch, gateway):
        replies = [Reply(status=503, own="temporarily_unavailable"), Reply()]
        gateway.reply = lambda seen: replies.pop(0)
        make_schedule(due_at=past(1))

        dispatch(ended())

        run = Run.objects.get()
        assert (run.state, run.attempt, len(gateway.seen)) == ("done", 2, 2)
        assert {seen.key for seen in gateway.seen} == {str(run.id)}

    def test_is_not_tried_again_once_it_was_sent(self, make_schedule, dispatch, gateway):
        gateway.reply = lambda seen: Reply(hangs_up=True)
        make_schedule(due_at=past(1))
        dispatch(ended())
        run = Run.objects.get()
        assert (run.state, run.error_code, len(gateway.seen)) == ("failed", "cut_short", 1)

    def test_of_an_unsafe_method_that_was_lost_is_not_known(self, make_schedule, dispatch, gateway):
        made = make_schedule(due_at=past(1))
        _lose(made)
        dispatch(ended())
        run = Run.objects.get()
        assert (run.state, run.error_code, gateway.seen) == ("unknown", "lost", [])

    @pytest.mark.parametrize("content", [{"method": "GET"}, {"delivery": "at_least_once"}])
    def test_of_a_safe_method_that_was_lost_is_made_again(self, make_schedule, dispatch, gateway, content):
        made = make_schedule(due_at=past(1), **content)
        _lose(made)
        dispatch(ended())
        run = Run.objects.get()
        assert (run.state, run.attempt, len(gateway.seen)) == ("done", 2, 1)

    def test_of_a_time_that_kills_its_process_ends(self, make_schedule, dispatch, gateway):
        made = make_schedule(due_at=past(1), method="GET")
        _lose(made)
        Run.objects.update(attempt=5)
        dispatch(ended())
        assert Run.objects.get().state == "unknown"

    def test_hears_a_process_that_was_thought_dead(self, make_schedule, customer):
        made = make_schedule(due_at=past(30))
        _lose(made)
        services.recover(now=queries.database_time())
        run = Run.objects.get(state="unknown")
        said = services.Ended(run.id, 1, RunState.DONE, queries.database_time(), status=200)
        services.keep([said], worker="dead", now=queries.database_time())
        run.refresh_from_db()
        assert (run.state, run.status) == ("done", 200)


def _another_owner(team: Team) -> None:
    """A team keeps an owner, whoever leaves."""
    Membership.objects.create(team=team, user=UserFactory(), role=Role.OWNER)


def _lose(made: Schedule) -> None:
    """Let a process take the run up, and die."""
    long_ago = past(30)
    services.plan_due(now=queries.database_time(), limit=10)
    Run.objects.filter(schedule=made).update(not_before=long_ago)
    assert len(services.claim(worker="dead", now=long_ago, limit=10)) == 1
