"""Uploaded files that nothing refers to are removed, and no other."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from marketplace.catalog import services
from marketplace.catalog.models import Blob, Document
from marketplace.catalog.services import blob_sweeping, blobs
from tests.factories.marketplace import as_payload, files, make_service

pytestmark = pytest.mark.django_db
AGE = blob_sweeping.KEPT_FOR + timedelta(minutes=1)


def stored(text: str, *, age: timedelta = AGE) -> Blob:
    """Return a file that was uploaded some time ago."""
    blob, _ = services.store_blob(content=io.BytesIO(text.encode()), filename="guide.md")
    Blob.objects.filter(pk=blob.pk).update(created_at=timezone.now() - age)
    return blob


def naming(blob: Blob) -> dict[str, object]:
    return {
        "Guide": {
            "category": "getting_started",
            "mime_type": "markdown",
            "file_path": "guide.md",
            "external_url": blobs.PLACEHOLDER + blob.key,
        }
    }


def sweep() -> int:
    return blob_sweeping.sweep(now=timezone.now())


class TestSweep:
    def test_removes_a_file_that_nothing_names(self):
        blob = stored("for nothing")

        assert sweep() == 1
        assert not Blob.objects.exists()
        assert not default_storage.exists(blob.file.name)

    def test_leaves_one_that_may_still_be_named(self):
        stored("just now", age=timedelta(days=1))

        assert sweep() == 0

    def test_leaves_the_file_of_a_document(self, seller):
        blob = stored("# Guide")
        make_service(seller, listing={"documents": naming(blob)}, status="draft")

        assert sweep() == 0
        assert default_storage.exists(blob.file.name)

    def test_leaves_what_a_waiting_revision_of_the_provider_names(self, seller):
        """Its documents are written when it is approved: until then only its file names them."""
        make_service(seller, namespace="acme")
        blob = stored("# About us")
        revision = files(provider={"documents": naming(blob)}, offering={"description": "Another text."})
        services.ingest(seller=seller, files=revision, by=None, now=timezone.now())
        assert not Document.objects.filter(blob=blob).exists()

        assert sweep() == 0

    def test_leaves_what_a_queued_upload_names(self, seller):
        blob = stored("# Guide")
        payload = as_payload(files(listing={"documents": naming(blob)}))
        services.accept_upload(seller=seller, payload=payload, auto_submit=False, key=None, by=None, now=timezone.now())

        assert sweep() == 0

    def test_removes_the_file_of_a_document_that_was_replaced(self, seller):
        blob = stored("# Guide")
        make_service(seller, namespace="acme", listing={"documents": naming(blob)}, status="draft")

        make_service(seller, namespace="acme", status="draft")

        assert sweep() == 1
        assert not Blob.objects.filter(pk=blob.pk).exists()

    def test_counts_from_the_last_upload(self):
        stored("twice")
        services.store_blob(content=io.BytesIO(b"twice"), filename="guide.md")

        assert sweep() == 0
