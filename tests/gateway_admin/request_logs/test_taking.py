"""What gateways hand over becomes one row a call and attempt, in whatever order and however often it comes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from gateway_admin.request_logs import ids
from gateway_admin.request_logs.models import KeptBodies, RequestLog
from tests.factories.request_logs import attempt, call, kept, take_attempts, take_calls

pytestmark = pytest.mark.django_db
TEAM = uuid4()


class TestAttempts:
    def test_become_rows_with_the_moment_of_their_id(self):
        at = datetime(2026, 11, 20, 8, 30, 15, 250_000, tzinfo=UTC)
        (pk,) = take_attempts(attempt(TEAM, at, path="/m/a/llm/chat", session="s", origin="schedule"))
        row = RequestLog.objects.get(pk=pk)
        assert (row.started_at, row.call_id, row.team_id) == (at, pk, TEAM)
        assert (row.status, row.upstream_status, row.latency_ms, row.upstream_ms) == (200, 200, 120.5, 100.25)
        assert (row.primitives, row.session, row.origin, row.usage) == ("ma", "s", "schedule", {"output_tokens": 7})
        assert (row.has_event, row.is_error) == (True, False)

    @pytest.mark.parametrize(
        ("status", "outcome", "kind"),
        [(500, "completed", "status_500"), (200, "interrupted", "interrupted"), (0, "failed", "failed")],
    )
    def test_that_failed_point_at_the_upstream(self, status, outcome, kind):
        (pk,) = take_attempts(attempt(TEAM, timezone.now(), status=status, outcome=outcome))
        row = RequestLog.objects.get(pk=pk)
        assert (row.error_source, row.error_type) == ("upstream", kind)
        assert row.upstream_status == (status or None)

    def test_come_again_and_change_nothing(self):
        event = attempt(TEAM, timezone.now())
        for status in (200, 500):
            take_attempts(event | {"status": status}, event)
        assert RequestLog.objects.get().status == 200

    def test_hide_a_key_in_the_path(self):
        take_attempts(attempt(TEAM, timezone.now(), path="/p/x/svcpass_0123456789abc"))
        assert RequestLog.objects.get().path == "/p/x/svcpass_***"


class TestCalls:
    @pytest.mark.parametrize("order", list(itertools.permutations("acac", 4))[:6])
    def test_say_what_the_client_saw_and_attempts_what_the_upstream_did_in_any_order(self, order):
        first = attempt(TEAM, timezone.now(), status=500, latency_ms=50)
        told = call(TEAM, timezone.now(), id=first["event_id"], alias="a/llm", stages={"failed": "x 500"}, memo="miss")
        for which in order:
            take_attempts(first) if which == "a" else take_calls(told)
        row = RequestLog.objects.get()
        assert (row.status, row.upstream_status, row.error_source, row.error_type) == (200, 500, "", "")
        assert (row.latency_ms, row.upstream_ms, row.alias, row.memo) == (130, 100.25, "a/llm", "miss")
        assert (row.has_event, row.is_told, str(row.service_id)) == (True, True, first["service_id"])

    def test_that_were_refused_have_no_attempt(self):
        refusal = {
            "status": 402,
            "error_source": "money",
            "error_type": "insufficient_funds",
            "error_message": "Top up.",
        }
        take_calls(call(TEAM, timezone.now(), **refusal))
        row = RequestLog.objects.get()
        assert (row.has_event, row.upstream_status, row.error_source) == (False, None, "money")

    def test_keep_their_bodies_beside_them(self):
        (pk,) = take_calls(call(TEAM, timezone.now(), kept=kept(b"\x00\xff", b"answer"), log="truncated"))
        bodies = KeptBodies.objects.get(pk=pk)
        assert (bytes(bodies.request_body), bytes(bodies.response_body)) == (b"\x00\xff", b"answer")
        assert (bodies.team_id, bodies.query, bodies.request_headers) == (
            TEAM,
            "limit=3",
            {"content-type": "application/json"},
        )

    def test_that_were_forgotten_get_no_bodies_back(self):
        record = call(TEAM, timezone.now(), kept=kept())
        (pk,) = take_calls(record)
        KeptBodies.objects.all().delete()
        RequestLog.objects.filter(pk=pk).update(forgotten_at=timezone.now())
        take_calls(record)
        assert not KeptBodies.objects.exists()


class TestDays:
    def test_have_a_partition_each_and_ids_find_theirs(self):
        now = timezone.now()
        make_day(now.date())
        (pk,) = take_attempts(attempt(TEAM, now))
        assert partition_of(pk) == f"request_logs_requestlog_{now:%Y%m%d}"

    def test_that_are_made_late_take_over_what_has_come(self):
        day = datetime(2031, 5, 1, 12, tzinfo=UTC)
        inside, *outside = (day, day - timedelta(days=1), day + timedelta(days=1))
        (pk,) = take_attempts(attempt(TEAM, inside))
        others = take_attempts(*(attempt(TEAM, each) for each in outside))
        assert partition_of(pk) == "request_logs_requestlog_rest"
        assert make_day(day.date())
        assert not make_day(day.date())
        assert partition_of(pk) == "request_logs_requestlog_20310501"
        assert {partition_of(each) for each in others} == {"request_logs_requestlog_rest"}

    def test_agree_with_python_on_the_first_id_of_a_moment(self):
        for moment in (datetime(2026, 11, 21, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)):
            with connection.cursor() as cursor:
                cursor.execute("SELECT request_log_bound(%s), request_log_moment(request_log_bound(%s))", [moment] * 2)
                assert cursor.fetchone() == (ids.bound(moment), moment)
            assert ids.moment(ids.bound(moment)) == moment


def make_day(day) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT request_log_make_day(%s)", [day])
        return bool(cursor.fetchone()[0])


def partition_of(pk: UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM request_logs_requestlog WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])
