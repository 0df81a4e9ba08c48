"""The private storage: the same behaviour on our disk and in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import boto3
import moto
import pytest
import requests
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from common.storage import local
from common.storage.local import LocalObjects
from common.storage.objects import Objects
from common.storage.s3 import S3Objects

_BUCKET = {"bucket_name": "private", "region_name": "us-east-1", "access_key": "id", "secret_key": "secret"}


@pytest.fixture
def bucket() -> Iterator[S3Objects]:
    with moto.mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="private")
        yield S3Objects(**_BUCKET, signature_version="s3v4", file_overwrite=False)


@pytest.fixture(params=["disk", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path) -> Objects:
    return LocalObjects(location=tmp_path) if request.param == "disk" else request.getfixturevalue("bucket")


class TestBothPlaces:
    def test_give_back_what_was_saved_until_it_is_deleted(self, place):
        name = place.save("account-files/a/b", ContentFile(b"vermilion"))

        assert name == "account-files/a/b"
        with place.open(name) as stored:
            assert stored.read() == b"vermilion"
        place.delete(name)
        assert not place.exists(name)

    def test_never_write_over_an_object(self, place):
        first = place.save("x/y", ContentFile(b"first"))
        second = place.save("x/y", ContentFile(b"second"))

        assert first != second
        with place.open(first) as stored:
            assert stored.read() == b"first"


class TestABucket:
    def test_signs_addresses_that_end_and_save_under_the_persons_name(self, bucket):
        name = bucket.save("x/y", ContentFile(b"vermilion"))

        address = bucket.signed_url(name, filename="Bericht ä.pdf", content_type="text/html", expires_in=60)

        answer = requests.get(address, timeout=5)
        assert answer.content == b"vermilion"
        assert "X-Amz-Expires=60" in address
        assert "X-Amz-Signature=" in address
        assert answer.headers["Content-Disposition"].startswith("attachment")

    def test_signs_for_the_host_that_customers_reach(self, bucket):
        public = S3Objects(
            **_BUCKET,
            endpoint_url="http://minio:9000",
            public_endpoint_url="https://files.example",
            signature_version="s3v4",
            addressing_style="path",
        )

        address = public.signed_url("x/y", filename="y", content_type="text/plain", expires_in=60)

        assert (urlsplit(address).netloc, urlsplit(address).path) == ("files.example", "/private/x/y")


class TestOurDisk:
    @pytest.fixture
    def place(self, settings, tmp_path) -> LocalObjects:
        options = {"BACKEND": "common.storage.local.LocalObjects", "OPTIONS": {"location": tmp_path}}
        settings.STORAGES = {**settings.STORAGES, "objects": options}
        return LocalObjects(location=tmp_path)

    def test_sends_an_object_to_be_saved_and_never_shown(self, place):
        place.save("x/y", ContentFile(b"<script>alert(1)</script>"))
        address = place.signed_url("x/y", filename="page.html", content_type="text/html", expires_in=60)

        answer = Client().get(urlsplit(address).path)

        assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]

    def test_refuses_an_address_that_was_changed_has_ended_or_leads_to_nothing(self, place):
        place.save("x/y", ContentFile(b"vermilion"))
        good = urlsplit(place.signed_url("x/y", filename="y", content_type="text/plain", expires_in=60)).path
        gone = urlsplit(place.signed_url("x/z", filename="z", content_type="text/plain", expires_in=60)).path

        assert Client().get(good[:-1] + ("A" if good[-1] != "A" else "B")).status_code == 404
        assert Client().get(gone).status_code == 404
        assert Client().get("/objects/x").status_code == 404
        token = good.rpartition("/")[2]
        assert local.read(token, timezone.now()) is not None
        assert local.read(token, timezone.now() + timedelta(seconds=61)) is None
