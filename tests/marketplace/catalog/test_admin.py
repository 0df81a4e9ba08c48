from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from marketplace.catalog import services
from marketplace.catalog.models import Service, StatusChange, UploadTask
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NOON, as_payload, files, make_service, upload


@pytest.fixture
def operator(db) -> Client:
    client = Client()
    client.force_login(UserFactory(operator=True, email="operator@example.org"))
    return client


def review(service: Service) -> str:
    return reverse("admin:catalog_service_review", args=[service.pk])


class TestPages:
    @pytest.mark.parametrize("model", ["service", "provider", "servicegroup", "document", "uploadtask"])
    def test_open(self, operator, seller, model):
        service = make_service(seller, namespace="acme")
        services.ensure_platform_group()
        UploadTask.objects.create(seller=seller, key="k", payload={}, status="failed", error="Oh.")
        pages = [reverse(f"admin:catalog_{model}_changelist")]
        if model == "service":
            pages.append(reverse("admin:catalog_service_change", args=[service.pk]))

        assert [operator.get(page).status_code for page in pages] == [200] * len(pages)

    @pytest.mark.parametrize("query", ["status__exact=review", "q=acme"])
    def test_find_services(self, operator, seller, query):
        service = make_service(seller, namespace="acme", status="review")

        page = operator.get(reverse("admin:catalog_service_changelist") + f"?{query}")

        assert service.name in page.content.decode()

    def test_are_for_operators(self, client, seller):
        service = make_service(seller)
        client.force_login(UserFactory())

        assert client.get(review(service)).status_code == 302


class TestRights:
    def test_to_look_and_to_decide_are_two(self, client, seller):
        service = make_service(seller, status="review")
        helper = UserFactory(is_staff=True)
        client.force_login(helper)
        begin = reverse("admin:testing_testrun_begin", args=[service.pk])
        assert client.get(review(service)).status_code == 403

        helper.user_permissions.set(Permission.objects.filter(codename__in=["view_service", "view_uploadtask"]))
        assert 'name="decision"' not in client.get(review(service)).content.decode()
        assert client.post(review(service), {"decision": "approve"}).status_code == 403
        assert client.post(begin).status_code == 403
        chosen = {"action": "approve_selected", "_selected_action": [str(service.pk)]}
        client.post(reverse("admin:catalog_service_changelist"), chosen)
        service.refresh_from_db()
        assert service.status == "review"

        helper.user_permissions.add(Permission.objects.get(codename="change_service"))
        assert 'name="decision"' in client.get(review(service)).content.decode()
        client.post(review(service), {"decision": "reject", "reason": "No."})
        service.refresh_from_db()
        assert service.status == "rejected"


class TestReview:
    def test_shows_price_problems_and_what_changes(self, operator, seller):
        make_service(seller, namespace="acme")
        revision = upload(seller, files(offering={"description": "Better & <b>bolder</b>."})).service
        page = operator.get(review(revision)).content.decode()

        assert "1.00 USD" in page
        assert "Better &amp; &lt;b&gt;bolder&lt;/b&gt;." in page
        assert "<del>-  &quot;description&quot;: &quot;A model that answers questions.&quot;,</del>" in page
        assert "Until now" not in page

    def test_shows_the_price_on_sale_beside_another(self, operator, seller):
        make_service(seller, namespace="acme")
        dearer = {"type": "one_million_tokens", "input": "7", "output": "9"}
        page = operator.get(review(upload(seller, files(listing={"list_price": dearer})).service)).content.decode()

        assert "7.00 USD" in page
        assert "Until now: 1.00 USD" in page

    def test_offers_what_the_status_allows(self, operator, seller):
        offered = {
            status: [
                name
                for name in ("approve", "reject", "suspend", "resume", "deprecate")
                if f'value="{name}"' in operator.get(review(make_service(seller, status=status))).content.decode()
            ]
            for status in ("draft", "review", "active", "suspended")
        }

        assert offered == {
            "draft": [],
            "review": ["approve", "reject"],
            "active": ["suspend", "deprecate"],
            "suspended": ["resume"],
        }

    @pytest.mark.parametrize(
        ("status", "decision", "end"),
        [
            ("review", "approve", "active"),
            ("review", "reject", "rejected"),
            ("active", "suspend", "suspended"),
            ("suspended", "resume", "active"),
            ("active", "deprecate", "deprecated"),
        ],
    )
    def test_takes_decisions_in_the_operators_name(self, operator, seller, status, decision, end):
        service = make_service(seller, status=status)

        operator.post(review(service), {"decision": decision, "reason": "Because."})

        service.refresh_from_db()
        assert service.status == end
        assert StatusChange.objects.latest("pk").by.email == "operator@example.org"

    @pytest.mark.parametrize("data", [{"decision": "reject"}, {"decision": "fly"}, {}, {"decision": "suspend"}])
    def test_tells_what_is_missing(self, operator, seller, data):
        service = make_service(seller, status="review")

        page = operator.post(review(service), data, follow=True)

        service.refresh_from_db()
        assert service.status == "review"
        assert list(page.context["messages"])

    def test_does_not_approve_what_was_not_shown(self, operator, seller):
        service = make_service(seller, namespace="acme", status="review")
        seen = service.content_hash
        upload(seller, files(offering={"description": "Swapped in."}))

        operator.post(review(service), {"decision": "approve", "seen": seen})

        service.refresh_from_db()
        assert service.status == "review"

    def test_follows_a_revision_to_what_is_live(self, operator, seller):
        service = make_service(seller, namespace="acme")
        revision = upload(seller, files(offering={"description": "Better."})).service
        services.submit(service=revision, by=None, now=NOON)

        answer = operator.post(review(revision), {"decision": "approve"})

        assert answer.headers["Location"] == review(service)


class TestActions:
    def test_approve_what_can_be_and_tell_about_the_rest(self, operator, seller):
        ready, draft = make_service(seller, status="review"), make_service(seller, status="draft")

        page = operator.post(
            reverse("admin:catalog_service_changelist"),
            {"action": "approve_selected", "_selected_action": [ready.pk, draft.pk]},
            follow=True,
        )

        ready.refresh_from_db()
        draft.refresh_from_db()
        assert (ready.status, draft.status) == ("active", "draft")
        assert len(list(page.context["messages"])) == 2

    def test_ingest_a_failed_upload_again(self, operator, seller, django_capture_on_commit_callbacks):
        task = UploadTask.objects.create(seller=seller, key="k", payload=as_payload(files()), status="failed")

        with django_capture_on_commit_callbacks(execute=True):
            operator.post(
                reverse("admin:catalog_uploadtask_changelist"),
                {"action": "retry_selected", "_selected_action": [task.pk]},
            )

        task.refresh_from_db()
        assert task.status == "completed"
