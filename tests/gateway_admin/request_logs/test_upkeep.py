"""What is kept for how long: days made ahead and dropped, teams that keep less, objects that go before their rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from common.storage.objects import objects
from gateway_admin.request_logs import bodies, retention, services
from gateway_admin.request_logs.models import KeptBodies, Mode, RequestLog
from tests.factories.request_logs import attempt, call, kept, part, take_attempts, take_calls

pytestmark = pytest.mark.django_db


def partitions(of: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [of])
        return {name for (name,) in cursor.fetchall()}


class TestDays:
    def test_are_there_for_the_coming_week(self):
        now = timezone.now() + timedelta(days=400)
        services.keep_up(now=now)
        wanted = {f"request_logs_requestlog_{now + timedelta(days=ahead):%Y%m%d}" for ahead in range(8)}
        assert wanted <= partitions("request_logs_requestlog")
        assert services.keep_up(now=now).made == 0

    def test_are_dropped_when_nobody_may_keep_them(self, buyer, settings):
        settings.REQUEST_LOG_DAYS, settings.REQUEST_LOG_BODY_DAYS = 5, 2
        now = timezone.now()
        record = call(buyer.pk, now, kept=kept())
        take_calls(record)
        take_attempts(attempt(buyer.pk, now))
        services.keep_up(now=now + timedelta(days=4))
        assert (RequestLog.objects.count(), KeptBodies.objects.count()) == (2, 0)
        services.keep_up(now=now + timedelta(days=7))
        assert not RequestLog.objects.exists()
        assert f"request_logs_requestlog_{now:%Y%m%d}" not in partitions("request_logs_requestlog")

    @pytest.mark.parametrize("plan", ["hashjoin", "nestloop", "mergejoin"])
    def test_are_told_from_tables_that_have_numbers_in_their_names(self, plan):
        """However PostgreSQL looks for them: with one way left to it, which may read all names first."""
        others = {"hashjoin", "nestloop", "mergejoin"} - {plan}
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE called_87082049 (id int)")
            for other in others:
                cursor.execute(f"SET LOCAL enable_{other} = off")
            cursor.execute("DISCARD PLANS")
        now = timezone.now() + timedelta(days=400)
        services.keep_up(now=now)
        assert services.keep_up(now=now + timedelta(days=400)).dropped >= 16


class TestTeams:
    def test_that_keep_less_lose_theirs_and_others_do_not(self, buyer, outsider):
        now = timezone.now()
        services.choose(team=buyer, mode=Mode.NONE, keep_days=2, keep_bodies_days=1, by=None, now=now)
        for team in (buyer, outsider):
            take_calls(*(call(team.pk, now - timedelta(days=age), kept=kept()) for age in (0, 1.5, 3)))
        assert services.keep_up(now=now).removed > 0
        assert RequestLog.objects.filter(team_id=buyer.pk).count() == 2
        assert KeptBodies.objects.filter(team_id=buyer.pk).count() == 1
        assert RequestLog.objects.filter(team_id=outsider.pk).count() == 3

    def test_may_keep_what_their_plan_gives_and_no_more(self, buyer, settings):
        assert retention.allowed(buyer.pk).days == 30
        setting = services.choose(
            team=buyer, mode=Mode.NONE, keep_days=90, keep_bodies_days=90, by=None, now=timezone.now()
        )
        assert retention.of_team(buyer.pk, setting) == retention.Retention(30, 7)


class TestLargeBodies:
    def test_lose_their_object_with_their_time(self, buyer, settings):
        settings.REQUEST_LOG_BODY_DAYS = 2
        now = timezone.now()
        sides = kept()
        sides["request"] |= {"bytes": "", "parts": 1, "size": 9000}
        record = call(buyer.pk, now, kept=sides)
        (pk,) = take_calls(record, part(record["id"], "request", 0, b"x" * 9000))
        services.store_bodies(now=now)
        name = KeptBodies.objects.get(pk=pk).request_object
        assert objects().exists(name)
        services.keep_up(now=now + timedelta(days=4))
        assert not objects().exists(name)

    def test_are_forgotten_also_while_they_are_put_together(self, buyer, django_capture_on_commit_callbacks):
        now, sides = timezone.now(), kept()
        sides["request"] |= {"bytes": "", "parts": 1, "size": 9000}
        record = call(buyer.pk, now, kept=sides)
        (pk,) = take_calls(record, part(record["id"], "request", 0, b"x" * 9000))
        name = bodies.object_name(KeptBodies.objects.get(pk=pk), "request")
        objects().save(name, ContentFile(b"x" * 9000))  # its row is not committed yet

        with django_capture_on_commit_callbacks(execute=True):
            services.forget(team=buyer, log_id=pk, by=None, through="page", now=now)

        assert not objects().exists(name)

    def test_whose_parts_never_come_are_given_up_with_a_reason(self, buyer):
        now = timezone.now()
        sides = kept()
        sides["response"] |= {"bytes": "", "parts": 3, "size": 99_000}
        record = call(buyer.pk, now, kept=sides)
        (pk,) = take_calls(record, part(record["id"], "response", 0, b"x"))
        services.store_bodies(now=now + timedelta(hours=2))
        bodies = KeptBodies.objects.get(pk=pk)
        assert (bodies.response_parts, bodies.response_object) == (0, "")
        assert "did not arrive" in bodies.response_why_not
