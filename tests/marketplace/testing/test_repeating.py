"""Active services are tested again; their sellers are told when one begins to fail and when it works again."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.test import TestCase
from django.utils import timezone

from marketplace.catalog import services as catalog
from marketplace.testing import queries, services
from marketplace.testing.models import TestResult, TestRun
from marketplace.testing.services import customer, probing
from tests.billing.rating.test_concurrency import at_once
from tests.factories.marketplace import make_service
from tests.fakes.upstream import json_answer
from tests.marketplace.testing.conftest import CHOICES


@pytest.fixture
def active(make):
    service = make()
    catalog.submit(service=service, by=None, now=timezone.now(), with_tests=False)
    return catalog.approve(service=service, by=None, now=timezone.now(), is_vouched=True)


class TestRetest:
    def test_is_told_once_when_it_begins_to_fail_and_once_when_it_works_again(self, world, active):
        now = timezone.now()
        subjects = []
        for day, answers in enumerate([CHOICES, None, None, CHOICES]):
            world.upstream.answers(json_answer(answers or {}, status=200 if answers else 503))
            mail.outbox.clear()
            services.retest(now=now + timedelta(days=day, minutes=day))
            subjects.append([message.subject for message in mail.outbox])

        assert subjects == [[], ["Acme Chat fails its tests"], [], ["Acme Chat passes its tests again"]]
        active.refresh_from_db()
        assert active.status == "active"

    def test_waits_for_its_turn(self, active):
        now = timezone.now()

        assert [services.retest(now=now + timedelta(hours=hours)) for hours in (0, 1, 23, 25)] == [1, 0, 0, 1]

    def test_stops_when_the_days_money_is_spent(self, active, settings):
        settings.TEST_DAILY_CAP = Decimal(0)

        assert services.retest(now=timezone.now()) == 0

    def test_can_be_switched_off(self, active, settings):
        settings.TEST_INTERVAL_HOURS = 0

        assert services.retest(now=timezone.now()) == 0


@pytest.mark.django_db
class TestBooks:
    def test_fill_the_wallet_of_tests_when_it_runs_low_and_not_before(self):
        now = timezone.now()

        for _ in range(2):
            team = customer.funded_customer(currency="USD", now=now)

        assert team.wallets.get(currency="USD").settled == Decimal(10)


@pytest.mark.usefixtures("transactional_db")
class TestCustomer:
    def test_is_made_once_by_the_first_runs_of_all_that_begin_together(self, monkeypatch):
        together, create = threading.Barrier(2), customer.teams.create
        monkeypatch.setattr(customer.teams, "create", lambda **told: (together.wait(60) and None) or create(**told))

        first, second = at_once(*[lambda: customer.funded_customer(currency="USD", now=timezone.now())] * 2)

        assert first == second
        assert first.wallets.get(currency="USD").settled == Decimal(10)


@pytest.mark.django_db
class TestSweep:
    def test_takes_up_runs_that_nobody_is_at(self):
        now = timezone.now()
        run = services.begin(service=make_service(status="draft"), by=None, now=now - timedelta(minutes=2))

        assert queries.lost_runs(queued_before=now - timedelta(minutes=1), silent_since=now) == [run.pk]
        assert services.sweep(now=now) == 1

    def test_leaves_those_alone_whose_worker_was_just_heard(self):
        now = timezone.now()
        run = services.begin(service=make_service(status="draft"), by=None, now=now)
        TestRun.objects.filter(pk=run.pk).update(status="running", heard_at=now)

        assert services.sweep(now=now + timedelta(minutes=1)) == 0

    def test_takes_up_what_broke_off_without_waiting_for_its_worker_to_be_silent(self, monkeypatch):
        now = timezone.now()
        run = services.begin(service=make_service(status="draft"), by=None, now=now)
        monkeypatch.setattr(probing, "run", lambda *_: 1 / 0)
        services.carry_out(run_id=run.pk, clock=lambda: now)
        monkeypatch.undo()

        with TestCase.captureOnCommitCallbacks() as sent:
            assert services.sweep(now=now + timedelta(minutes=1, seconds=1)) == 1

        run.refresh_from_db()
        assert (run.status, run.attempts, len(sent)) == ("queued", 1, 1)

    def test_gives_up_what_fails_again_and_again(self):
        now = timezone.now()
        run = services.begin(service=make_service(status="draft"), by=None, now=now)
        TestRun.objects.filter(pk=run.pk).update(attempts=3)

        services.carry_out(run_id=run.pk, clock=lambda: now)

        run.refresh_from_db()
        assert (run.status, run.finished_at) == ("failed", now)
        assert "ours" in run.error


@pytest.mark.django_db
class TestOneAtATime:
    def test_gives_the_open_run_to_whoever_asks_again(self):
        service = make_service(status="draft")

        first, second = (services.begin(service=service, by=None, now=timezone.now()) for _ in range(2))

        assert first.pk == second.pk

    def test_is_limited_by_the_hour(self, settings):
        settings.TEST_RUNS_PER_HOUR = 1
        service = make_service(status="draft")
        run = services.begin(service=service, by=None, now=timezone.now())
        TestRun.objects.filter(pk=run.pk).update(status="completed", finished_at=timezone.now())

        with pytest.raises(services.TooManyRuns):
            services.begin(service=service, by=None, now=timezone.now())


@pytest.mark.django_db
class TestPrune:
    def test_forgets_texts_after_a_month_and_keeps_the_verdict(self):
        now = timezone.now()
        service = make_service(status="draft")
        document = queries.executable_documents(service)[0]
        cell = {"canonical": {"status": "success", "stdout": "long"}}
        services.report(document=document, told=services.Report("success", None, cell), by=None, now=now)

        services.prune(now=now + timedelta(days=31))

        result = TestResult.objects.get()
        assert (result.status, result.stdout, result.is_pruned) == ("success", "", True)
