"""The sellers' published command line and client, unmodified: tests run, shown, skipped, reported."""

from __future__ import annotations

import json

import pytest
from unitysvc_sellers import Client
from unitysvc_sellers.exceptions import NotFoundError, ValidationError

from accounts.teams.models import Role
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog.models import Service
from marketplace.testing import queries
from tests.factories.marketplace import LISTING, NOON, OFFERING, PROVIDER, make_service
from tests.fakes.command_line import CommandLine
from tests.fakes.upstream import json_answer
from tests.marketplace.testing.conftest import TEMPLATE

EXAMPLE = {"category": "code_example", "mime_type": "python", "file_content": "print('{{ listing.name }}')"}


@pytest.fixture
def key(seller) -> str:
    return api_keys.issue(team=seller, role=Role.OWNER, name="cli", by=None, now=NOON)[1]


@pytest.fixture
def usvc(key, tmp_path, live_server) -> CommandLine:
    return CommandLine(tmp_path, f"{live_server.url}/v1/seller", key)


@pytest.fixture
def client(key, live_server) -> Client:
    return Client(api_key=key, base_url=f"{live_server.url}/v1/seller")


class TestCommandLine:
    def test_uploads_submits_and_tests_a_service(self, world, usvc, tmp_path):
        place = tmp_path / "specs" / "acme" / "chat"
        place.mkdir(parents=True)
        (place / "connect.sh").write_text("curl -fsS $SERVICE_BASE_URL\n")
        (place / "body.json").write_text(TEMPLATE["file_content"])
        documents = {
            "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_path": "connect.sh"},
            "Request body": {"category": "request_template", "mime_type": "json", "file_path": "body.json"},
        }
        upstream = {"default": {"access_method": "http", "base_url": f"{world.upstream.url}/v1"}}
        for name, content in (
            ("provider", PROVIDER),
            ("offering", {**OFFERING, "upstream_access_config": upstream}),
            ("listing", {**LISTING, "documents": documents}),
        ):
            (place / f"{name}.json").write_text(json.dumps(content))

        usvc("specs", "upload")
        tested = usvc("services", "run-tests", "acme/chat", "--poll-interval", "0.1")
        submitted = usvc("services", "submit", "acme/chat", "--yes")

        assert "Request body: success" in tested
        assert "Success: 1/2" in tested
        assert "no_runner" in tested
        assert "pending" in submitted or "review" in submitted
        assert Service.objects.get().status == "review"

    def test_fails_with_the_attribution(self, world, usvc, make):
        service = make()
        world.upstream.answers(json_answer({}, status=503))

        told = usvc("services", "run-tests", "--id", str(service.pk), "--poll-interval", "0.1", succeeds=False)

        assert "script_failed — upstream_fault — Upstream: POST /chat/completions" in told
        assert "script_failed (upstream fault)" in told
        assert "Failed: 1/2" in told

    def test_shows_lists_and_skips(self, usvc, make):
        service = make(documents={"Python example": EXAMPLE})
        usvc("services", "run-tests", "--id", str(service.pk), "--poll-interval", "0.1")
        example = next(each for each in queries.executable_documents(service) if each.category == "code_example")

        listed = usvc("services", "list-tests", "acme/chat")
        skipped = usvc("services", "skip-test", str(example.pk))
        ran = usvc("services", "run-tests", "--id", str(service.pk), "--poll-interval", "0.1")

        assert "Python example" in listed
        assert "→ skip" in skipped
        assert "skipped" in ran


class TestClient:
    def test_waits_for_a_run_and_reads_its_rows(self, client, make):
        service = make()

        done = client.services.run_tests(str(service.pk), poll_interval=0.05)

        assert done.passed
        assert (done.service_id, done.snapshot_status, done.success_count) == (str(service.pk), "draft", 1)
        row = next(each for each in done.results if each.status == "success")
        assert (row.outcome, row.gateway, row.interface_name) == ("gateway_pass", "success", "canonical")

    def test_narrows_a_run_to_a_category(self, world, client, make):
        service = make(documents={"Python example": EXAMPLE})

        done = client.services.run_tests(str(service.pk), category="code_example", poll_interval=0.05)

        assert [each.document_title for each in done.results] == ["Python example"]
        assert world.upstream.requests == []

    def test_reports_what_ran_on_the_sellers_machine_and_reads_it_back(self, client, make):
        service = make()
        document = queries.executable_documents(service)[0]
        interface = str(service.interfaces.get().pk)
        cell = {"status": "script_failed", "exit_code": 7, "stdout": "out", "stderr": "err", "error": "no route"}

        told = client.documents.update_test(str(document.pk), {"status": "script_failed", "tests": {interface: cell}})
        detail = client.documents.test_details(str(document.pk), interface_id=interface)

        assert told.status == "script_failed"
        assert (detail.exit_code, detail.stdout, detail.stderr, detail.expired) == (7, "out", "err", False)

    def test_executes_a_document(self, client, make):
        document = queries.executable_documents(make())[0]

        told = client.documents.execute(str(document.pk))

        assert client.tasks.wait(told.task_id, poll_interval=0.05)[told.task_id]["status"] == "completed"

    @pytest.mark.parametrize(
        ("title", "body", "words"),
        [
            ("Connectivity test", {"status": "skip"}, "never skipped"),
            ("Request body", {"status": "success"}, "is no script"),
            ("Connectivity test", {"status": "splendid"}, "is no status of a test"),
        ],
    )
    def test_is_told_what_cannot_be_reported(self, client, make, title, body, words):
        service = make()
        document = next(
            each
            for each in [*queries.executable_documents(service), *queries.request_templates(service)]
            if each.title == title
        )

        with pytest.raises(ValidationError, match=words):
            client.documents.update_test(str(document.pk), body)

    def test_finds_nothing_of_another_seller(self, client, make):
        foreign = queries.executable_documents(make_service(status="draft"))[0]

        with pytest.raises(NotFoundError):
            client.documents.update_test(str(foreign.pk), {"status": "pending"})
        with pytest.raises(NotFoundError):
            client.services.run_tests(str(foreign.listing.service.pk))
