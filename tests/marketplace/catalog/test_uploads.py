from __future__ import annotations

from datetime import timedelta

import pytest

from common.errors import Invalid
from marketplace.catalog import services
from marketplace.catalog.models import Service, UploadTask
from marketplace.catalog.services import uploads
from tests.factories.marketplace import NOON, as_payload, files, make_service

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """Uploads that were sent to a worker, in place of sending them."""
    ids: list[str] = []
    monkeypatch.setattr("common.jobs.enqueue", lambda name, **arguments: ids.append(arguments.get("task_id", name)))
    return ids


def accept(seller, service_files=None, *, key=None, auto_submit=False, now=NOON) -> UploadTask:
    payload = as_payload(service_files or files())
    return services.accept_upload(seller=seller, payload=payload, auto_submit=auto_submit, key=key, by=None, now=now)


def ran(task: UploadTask) -> UploadTask:
    uploads.run(task_id=str(task.pk), now=NOON)
    task.refresh_from_db()
    return task


class TestAccept:
    def test_writes_the_upload_down_and_sends_it(self, seller, sent):
        task = accept(seller)

        assert (task.status, sent) == ("queued", [str(task.pk)])

    def test_takes_the_clients_key_as_the_task_id(self, seller, sent):
        assert accept(seller, key="my-key_1").key == "my-key_1"

    def test_starts_nothing_for_a_key_of_the_same_day(self, seller, sent):
        first = accept(seller, key="once")

        assert accept(seller, files(name="other"), key="once", now=LATER).pk == first.pk
        assert len(sent) == 1

    def test_forgets_a_key_after_a_day(self, seller, sent):
        first = accept(seller, key="once")
        UploadTask.objects.update(created_at=NOON - timedelta(hours=25))

        assert accept(seller, key="once").pk != first.pk

    def test_keeps_the_keys_of_sellers_apart(self, seller, outsider, sent):
        assert accept(seller, key="once").pk != accept(outsider, key="once").pk

    @pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 129, "a/b"])
    def test_refuses_a_malformed_key(self, seller, key):
        with pytest.raises(Invalid, match="Idempotency-Key"):
            accept(seller, key=key)


class TestRun:
    def test_ingests_and_keeps_the_record(self, seller, sent):
        task = ran(accept(seller))

        service = Service.objects.get()
        assert task.status == "completed"
        assert task.result["service_id"] == str(service.pk)

    def test_twice_ingests_once(self, seller, sent):
        task = ran(accept(seller))
        result = task.result

        assert ran(task).result == result
        assert Service.objects.count() == 1

    def test_keeps_every_problem_of_a_failure(self, seller, sent):
        task = ran(accept(seller, files(provider={"contact_email": "x"}, listing={"currency": "DUCATS"})))

        assert task.status == "failed"
        assert "contact_email" in task.error
        assert "currency" in task.error
        assert not Service.objects.exists()

    def test_submits_when_asked_to(self, seller, sent):
        task = ran(accept(seller, auto_submit=True))

        assert (task.status, Service.objects.get().status) == ("completed", "review")

    def test_tells_why_it_could_not_submit(self, seller, sent):
        task = ran(accept(seller, files(listing={"documents": None}), auto_submit=True))

        assert task.status == "failed"
        assert task.error.startswith("Uploaded, but not submitted:")
        assert task.result["status"] == "created"
        assert Service.objects.get().status == "rejected"

    def test_has_nothing_to_submit_when_the_content_is_on_sale(self, seller, sent):
        service = make_service(seller, namespace="acme")
        sent.clear()

        task = ran(accept(seller, auto_submit=True))

        service.refresh_from_db()
        assert (task.status, task.result["status"], service.status) == ("completed", "unchanged", "active")

    def test_ends_failed_when_the_mistake_is_ours(self, seller, sent, monkeypatch, caplog):
        monkeypatch.setattr(uploads, "ingest", lambda **_: 1 / 0)

        task = ran(accept(seller))

        assert task.status == "failed"
        assert "ours" in task.error
        assert "ZeroDivisionError" in caplog.text

    def test_ends_failed_when_no_column_holds_the_content(self, seller, sent, monkeypatch):
        monkeypatch.setattr(uploads, "ingest", lambda **_: UploadTask.objects.update(key="x" * 129))

        task = ran(accept(seller))

        assert (task.status, task.error.startswith("The upload met an error that is ours.")) == ("failed", True)


class TestRetry:
    def test_sends_a_failed_upload_again(self, seller, sent):
        task = ran(accept(seller, files(listing={"currency": "DUCATS"})))

        services.retry_upload(task=task)

        task.refresh_from_db()
        assert (task.status, len(sent)) == ("queued", 2)

    def test_leaves_a_completed_upload_alone(self, seller, sent):
        task = ran(accept(seller))

        services.retry_upload(task=task)

        task.refresh_from_db()
        assert (task.status, len(sent)) == ("completed", 1)


class TestSweep:
    def test_sends_what_the_broker_lost(self, seller, sent):
        lost, fresh = accept(seller), accept(seller, files(name="fresh"))
        for task, age in ((lost, 61), (fresh, 10)):
            UploadTask.objects.filter(pk=task.pk).update(created_at=NOON - timedelta(seconds=age))
        sent.clear()

        assert uploads.sweep(now=NOON) == 1
        assert sent == [str(lost.pk)]

    def test_forgets_results_after_a_week(self, seller, sent):
        ran(accept(seller))

        uploads.sweep(now=NOON + timedelta(days=8))

        assert not UploadTask.objects.exists()
