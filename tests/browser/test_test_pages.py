"""The pages of a seller's tests in a browser: wide and narrow, light and dark."""

from __future__ import annotations

import pytest
from django.utils import timezone

from marketplace.testing import queries
from marketplace.testing.models import TestResult, TestRun
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EXAMPLE = {"category": "code_example", "mime_type": "python", "file_content": "print(1)"}
SCRIPT = {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"}


@pytest.fixture
def tested(transactional_db):
    person = UserFactory(email="anna@acme.example")
    seller = TeamFactory(seller=True, name="acme-corp", owner=person)
    documents = {"Connectivity test": SCRIPT, "Python example": EXAMPLE}
    service = make_service(seller, status="draft", namespace="acme", listing={"documents": documents})
    now = timezone.now()
    run = TestRun.objects.create(
        service=service, purpose="diagnostic", status="completed", content_hash=service.content_hash,
        snapshot_status="draft", requested_at=now, started_at=now, finished_at=now, total=2,
        success_count=1, fail_count=1,
    )  # fmt: skip
    for document, status, outcome, fault, error in (
        (queries.executable_documents(service)[0], "success", "gateway_pass", "", ""),
        (queries.executable_documents(service)[1], "script_failed", "upstream_fault", "upstream",
         "Upstream: POST /chat/completions was answered with status 503 (channel default, asked directly)"),
    ):  # fmt: skip
        TestResult.objects.create(
            run=run, document=document, document_title=document.title, category=document.category,
            interface=service.interfaces.get(), interface_name="canonical", source="script", status=status,
            outcome=outcome, fault=fault, error=error,
            stdout="POST https://gateway.example/p/acme/chat\n503 after 12 ms",
            rendered_script="curl -fsS $SERVICE_BASE_URL", executed_at=now,
            upstream_channels={"default": {"status": "script_failed", "error": "status 503"}} if fault else {},
        )  # fmt: skip
    return person, service, run


def test_pages_have_no_faults(visit, tested):
    person, service, run = tested
    visitor = visit(person)

    faults = []
    for address in (f"/seller/services/{service.pk}/tests", f"/seller/services/{service.pk}/tests/{run.pk}"):
        faults += visitor.faults(address)

    assert faults == []
