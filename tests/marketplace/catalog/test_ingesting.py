from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage

from common.errors import Invalid
from marketplace.catalog import services
from marketplace.catalog.models import Blob, Document, Listing, Offering, Provider, Service, ServiceStatus
from marketplace.catalog.services.errors import NameTaken
from marketplace.catalog.services.interfaces import AddressUnreadable
from tests.factories.marketplace import NOON, files, make_service, upload

LATER = NOON + timedelta(hours=1)
_OTHER_TEXT = {"offering": {"description": "Another text."}}


class TestFirstUpload:
    def test_creates_a_draft_with_its_parts(self, seller):
        done = upload(seller)

        service = Service.objects.get()
        assert (done.outcome, service.status, service.name) == ("created", ServiceStatus.DRAFT, "acme/chat")
        assert service.visibility == "public"
        assert service.provider.seller == seller
        assert service.list_price.price["output"] == "2.00"
        assert service.nominal_price == Decimal("1.8")
        assert [each.path for each in service.interfaces.all()] == ["acme/chat"]
        assert service.channel_types == ["managed"]
        assert not service.requires_enrollment
        assert [change.to_status for change in service.status_changes.all()] == ["draft"]

    def test_returns_the_record_that_clients_store(self, seller):
        done = upload(seller)

        assert done.as_record() == {
            "service_id": str(done.service.pk),
            "revision_of": None,
            "status": "created",
            "name": "acme/chat",
            "display_name": "Acme Chat",
            "time_created": "2026-01-01T00:00:00Z",
        }

    def test_stores_the_text_of_a_document_as_a_file(self, seller):
        upload(seller)

        document = Document.objects.get(title="Connectivity test")
        assert default_storage.open(document.blob.file.name).read() == b"curl -fsS $SERVICE_BASE_URL"
        assert document.blob_id.endswith(".sh")

    def test_brings_back_a_file_that_the_storage_lost(self, seller):
        service = upload(seller).service
        blob = Blob.objects.get()
        default_storage.delete(blob.file.name)

        assert services.problems_for_sale(service) == ()
        upload(seller, files(name="talk"))

        assert default_storage.exists(Blob.objects.get().file.name)

    def test_is_unlisted_when_the_listing_does_not_say(self, seller):
        assert upload(seller, files(listing={"service_options": None})).service.visibility == "unlisted"

    def test_takes_over_a_free_id(self, seller):
        wanted = "6f1f2c1e-0000-4000-8000-000000000001"

        assert str(upload(seller, service_id=wanted).service.pk) == wanted

    def test_does_not_take_over_anothers_id(self, seller, outsider):
        theirs = make_service(outsider)

        done = upload(seller, service_id=str(theirs.pk))

        assert done.outcome == "created"
        assert done.service.pk != theirs.pk

    def test_tells_every_problem_at_once_and_leaves_nothing(self, seller):
        broken = files(provider={"contact_email": "nobody"}, listing={"currency": "DUCATS"})

        with pytest.raises(Invalid) as caught:
            upload(seller, broken)

        told = "\n".join(caught.value.problems)
        assert "provider_data.contact_email" in told
        assert "listing_data.currency" in told
        for model in (Service, Offering, Listing, Provider, Blob):
            assert not model.objects.exists()

    def test_refuses_a_provider_of_another_seller(self, seller, outsider):
        upload(outsider)

        with pytest.raises(Invalid, match="provider 'acme' belongs to another seller"):
            upload(seller)

    def test_refuses_a_namespace_of_another_seller(self, seller, outsider):
        upload(outsider)
        legacy = files("mine")
        legacy.listing.update(name="acme/free", schema="listing_v1")

        with pytest.raises(Invalid, match="provider 'acme' belongs to another seller"):
            upload(seller, legacy)

    def test_refuses_a_blob_that_was_never_uploaded(self, seller):
        document = {
            "category": "getting_started",
            "mime_type": "markdown",
            "external_url": "${UNITYSVC_S3_BASE_URL}/" + "0" * 64 + ".md",
        }

        with pytest.raises(Invalid, match="never uploaded"):
            upload(seller, files(listing={"documents": {"Quick start": document}}))


class TestAddressTooLong:
    """Longer than a published record's key."""

    @pytest.mark.parametrize("path", ["acme/" + "x" * 296, "acme/{{ routing_vars.region }}"])
    def test_is_told(self, seller, path):
        listing = {
            "user_access_interfaces": {"canonical": {"base_url": "${API_GATEWAY_BASE_URL}/" + path}},
            "service_options": {"routing_vars": {"region": "x" * 296}},
        }

        with pytest.raises(AddressUnreadable, match="its path has 301 characters, at most 300"):
            upload(seller, files(listing=listing))

    def test_does_not_count_what_each_enrollment_fills_in(self, seller):
        interface = {"base_url": "${API_GATEWAY_BASE_URL}/acme/" + "x" * 300 + "/{{ enrollment.code }}"}

        assert upload(seller, files(listing={"user_access_interfaces": {"own": interface}})).outcome == "created"


class TestSecrets:
    CHANNEL = {"default": {"base_url": "https://up.example", "api_key": "${ secrets.UPSTREAM_KEY }"}}

    def test_refuses_a_sellers_secret_that_does_not_exist(self, seller):
        with pytest.raises(Invalid, match="secret 'UPSTREAM_KEY' does not exist"):
            upload(seller, files(offering={"upstream_access_config": self.CHANNEL}))

    def test_lets_an_import_make_a_draft_that_cannot_be_submitted(self, seller):
        done = upload(seller, files(offering={"upstream_access_config": self.CHANNEL}), missing_secrets_allowed=True)
        submission = services.submit(service=done.service, by=None, now=NOON)

        assert any("UPSTREAM_KEY" in warning for warning in done.warnings)
        assert any("UPSTREAM_KEY" in problem for problem in submission.problems)
        assert done.service.seller_secrets == ["UPSTREAM_KEY"]

    def test_names_what_the_customer_brings(self, seller):
        channel = {"own": {"base_url": "https://up.example", "api_key": "${ customer_secrets.OPENAI_API_KEY }"}}

        service = upload(seller, files(offering={"upstream_access_config": channel})).service

        assert service.channel_types == ["byok"]
        assert service.customer_secrets["own"]["required"] == ["OPENAI_API_KEY"]


class TestListPriceMissing:
    BYOK = {"own": {"base_url": "https://up.example", "api_key": "${ customer_secrets.OPENAI_API_KEY }"}}

    def test_is_free_where_the_customer_pays_the_provider(self, seller):
        done = upload(seller, files(offering={"upstream_access_config": self.BYOK}, listing={"list_price": None}))

        assert done.service.list_price.price["price"] == "0"
        assert any("you pay the provider" in warning for warning in done.warnings)

    def test_keeps_other_services_from_being_submitted(self, seller):
        service = upload(seller, files(listing={"list_price": None})).service

        submission = services.submit(service=service, by=None, now=NOON)

        assert service.list_price is None
        assert any("list_price" in problem for problem in submission.problems)


class TestSameFilesAgain:
    @pytest.mark.parametrize("status", ["draft", "review", "rejected", "active", "suspended"])
    def test_change_nothing(self, seller, status):
        service = make_service(seller, namespace="acme", status=status)
        before = Service.objects.values().get()

        done = upload(seller, now=LATER)

        assert done.outcome == "unchanged"
        assert done.service.pk == service.pk
        assert Service.objects.values().get() == before

    def test_ignore_key_order_and_time_created(self, seller):
        upload(seller)
        again = files(listing={"time_created": "2030-01-01T00:00:00Z"})
        again = replace(again, offering=dict(reversed(again.offering.items())))

        assert upload(seller, again).outcome == "unchanged"

    def test_of_another_seller_make_another_service(self, seller, outsider):
        upload(seller)

        assert upload(outsider, files("other")).outcome == "created"


class TestNewContent:
    @pytest.mark.parametrize(
        ("status", "outcome", "status_after"),
        [
            ("draft", "updated", "draft"),
            ("pending", "updated", "pending"),
            ("review", "updated", "review"),
            ("rejected", "updated", "draft"),
            ("active", "revision_created", "active"),
            ("suspended", "revision_created", "suspended"),
            ("deprecated", "created", "deprecated"),
        ],
    )
    def test_depends_on_where_the_service_stands(self, seller, status, outcome, status_after):
        service = make_service(seller, namespace="acme", status=status)

        done = upload(seller, files(**_OTHER_TEXT), now=LATER)

        service.refresh_from_db()
        assert (done.outcome, service.status) == (outcome, status_after)

    def test_in_place_keeps_the_ids_of_documents_and_interfaces(self, seller):
        service = upload(seller).service
        document, interface = Document.objects.get(), service.interfaces.get()

        upload(seller, files(**_OTHER_TEXT))

        assert Document.objects.get().pk == document.pk
        assert service.interfaces.get().pk == interface.pk

    def test_of_a_live_service_leaves_it_alone(self, seller):
        service = make_service(seller, namespace="acme")

        done = upload(seller, files(**_OTHER_TEXT))

        service.refresh_from_db()
        assert service.offering.description == "A model that answers questions."
        assert done.service.revision_of == service
        assert done.service.status == ServiceStatus.DRAFT
        assert done.as_record()["revision_of"] == str(service.pk)

    def test_twice_changes_the_one_revision(self, seller):
        make_service(seller, namespace="acme")
        first = upload(seller, files(**_OTHER_TEXT))

        second = upload(seller, files(offering={"description": "A third text."}))

        assert second.outcome == "revision_created"
        assert second.service.pk == first.service.pk
        assert Service.objects.count() == 2

    def test_already_waiting_as_a_revision_is_unchanged(self, seller):
        make_service(seller, namespace="acme")
        first = upload(seller, files(**_OTHER_TEXT))

        again = upload(seller, files(**_OTHER_TEXT))

        assert (again.outcome, again.service.pk) == ("unchanged", first.service.pk)

    def test_that_goes_back_to_what_is_live_drops_the_revision(self, seller):
        service = make_service(seller, namespace="acme")
        upload(seller, files(**_OTHER_TEXT))

        back = upload(seller)

        assert (back.outcome, back.service.pk) == ("updated", service.pk)
        assert list(Service.objects.all()) == [service]
        assert Offering.objects.count() == Listing.objects.count() == 1

    def test_of_the_provider_waits_for_approval_while_a_service_is_on_sale(self, seller):
        make_service(seller, namespace="acme")

        upload(seller, files(name="second", provider={"display_name": "Acme Ltd"}))

        assert Provider.objects.get().display_name == "Acme"


class TestRename:
    def test_follows_the_id(self, seller):
        service = upload(seller).service

        done = upload(seller, files(name="talk"), service_id=str(service.pk))

        service.refresh_from_db()
        assert (done.outcome, service.name) == ("updated", "acme/talk")
        assert service.interfaces.get().path == "acme/talk"

    def test_is_refused_when_the_name_is_taken(self, seller):
        upload(seller)
        other = upload(seller, files(name="talk")).service

        with pytest.raises(NameTaken, match="already have a service named 'acme/chat'"):
            upload(seller, files(name="chat"), service_id=str(other.pk))

    def test_of_a_live_service_waits_for_approval(self, seller):
        service = make_service(seller, namespace="acme")

        done = upload(seller, files(name="talk"), service_id=str(service.pk))
        services.submit(service=done.service, by=None, now=LATER)
        services.approve(service=done.service, by=None, now=LATER)

        service.refresh_from_db()
        assert (service.name, service.status) == ("acme/talk", "active")

    def test_without_an_id_is_another_service(self, seller):
        upload(seller)

        assert upload(seller, files(name="talk")).outcome == "created"


class TestPlan:
    @pytest.mark.parametrize(
        ("changes", "outcome"), [({}, "unchanged"), (_OTHER_TEXT, "updated"), ({"name": "talk"}, "created")]
    )
    def test_tells_what_an_upload_would_do_and_writes_nothing(self, seller, changes: dict[str, Any], outcome: str):
        upload(seller)
        before = list(Service.objects.values())

        assert services.plan(seller=seller, files=files(**changes)).outcome == outcome
        assert list(Service.objects.values()) == before
