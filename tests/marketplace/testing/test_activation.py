"""From a submission over its tests to the review, and back."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import timezone

from accounts.teams import services as teams
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service
from marketplace.catalog.services.errors import NotTested
from marketplace.testing import queries, services
from marketplace.testing.models import TestRun
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import files, upload
from tests.fakes.upstream import json_answer


def submit(service, now=None):
    submission = catalog.submit(service=service, by=None, now=now or timezone.now())
    return submission, Service.objects.get(pk=service.pk)


class TestSubmission:
    def test_that_passes_goes_on_to_the_review_and_can_be_approved(self, make):
        submission, service = submit(make())

        assert "Its tests run now" in submission.message
        assert service.status == "review"
        assert catalog.approve(service=service, by=None, now=timezone.now()).status == "active"

    def test_that_fails_is_rejected_with_reasons_and_its_seller_told(self, world, make, seller):
        teams.add_member(team=seller, user=UserFactory(email="anna@acme.example"), role="owner")
        world.upstream.answers(json_answer({}, status=503))

        _, service = submit(make())

        assert service.status == "rejected"
        assert "Upstream: POST /chat/completions was answered with status 503" in service.status_message
        told = {sent.to[0]: sent.body for sent in mail.outbox}
        assert "status 503" in told["anna@acme.example"]

    def test_after_the_mend_passes(self, world, make):
        world.upstream.answers(json_answer({}, status=503))
        _, service = submit(make())
        world.upstream.answers(json_answer({"choices": [{"message": {"content": "x"}}]}))

        assert submit(service)[1].status == "review"

    def test_of_a_revision_tests_the_revision_beside_what_is_on_sale(self, world, make, seller):
        live = catalog.approve(service=submit(make())[1], by=None, now=timezone.now())
        config = {"default": {"access_method": "http", "base_url": f"{world.upstream.url}/v2"}}
        listing = live.upload["listing"]
        revision = upload(
            seller, files("acme", "chat", offering={"upstream_access_config": config}, listing=listing)
        ).service
        world.upstream.requests.clear()

        _, revision = submit(revision)

        assert revision.revision_of_id == live.pk
        assert revision.status == "review", revision.status_message
        assert {each.target for each in world.upstream.requests} == {"/v2/chat/completions"}

    def test_counts_what_its_seller_reported_of_scripts(self, make):
        service = make()
        document = queries.executable_documents(service)[0]
        told = services.Report("script_failed", tests={"canonical": {"status": "script_failed", "error": "no route"}})
        services.report(document=document, told=told, by=None, now=timezone.now())

        _, service = submit(service)

        assert service.status == "rejected"
        assert "no route" in service.status_message


class TestApproval:
    def test_needs_tests_of_the_content_that_is_approved(self, world, make, seller):
        _, service = submit(make())
        config = {"default": {"access_method": "http", "base_url": f"{world.upstream.url}/v3"}}
        changed = files("acme", "chat", offering={"upstream_access_config": config}, listing=service.upload["listing"])
        service = upload(seller, changed).service
        assert service.status == "review"

        with pytest.raises(NotTested, match="has not been tested"):
            catalog.approve(service=service, by=None, now=timezone.now())

    def test_is_refused_after_a_failure(self, world, make):
        _, service = submit(make())
        world.upstream.answers(json_answer({}, status=500))
        services.begin(service=service, force=True, by=None, now=timezone.now())

        with pytest.raises(NotTested, match="1 of its tests failed"):
            catalog.approve(service=service, by=None, now=timezone.now())

    def test_can_be_vouched_for(self, make):
        service = make()
        catalog.submit(service=service, by=None, now=timezone.now(), with_tests=False)

        approved = catalog.approve(service=service, by=None, now=timezone.now(), is_vouched=True)

        assert approved.status == "active"
        assert not TestRun.objects.exists()
