"""Files in the threads about charges."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from marketplace.disputes import services as disputes
from marketplace.disputes.models import Dispute, DisputeAttachment, Side
from tests.factories.accounts import owner_of
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _objects_of_this_test(settings, tmp_path):
    place = {"BACKEND": "common.storage.local.LocalObjects", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "objects": place}


def paper(name: str = "answer.json", content: bytes = b"{}") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_go_with_the_dispute_and_are_saved_by_both_sides_alone(buyer, seller, outsider, charge):
    address = f"/disputes/charge/{charge.pk}"
    assert visitor(buyer).post(address, {"text": "x", "attached": [paper("a.exe")]}).status_code == 422
    visitor(buyer).post(address, {"text": "No answer came", "attached": [paper()]})
    dispute, file = Dispute.objects.get(), DisputeAttachment.objects.get()
    path = f"/disputes/{dispute.pk}/attached/{file.pk}"

    assert path in visitor(seller).get(f"/disputes/{dispute.pk}").content.decode()
    for team in (buyer, seller):
        address = visitor(team).get(path).headers["Location"]
        assert "attachment" in Client().get("/" + address.split("/", 3)[3]).headers["Content-Disposition"]
    assert visitor(outsider).get(path).status_code == 404


def test_go_with_later_messages(buyer, seller, charge):
    dispute = disputes.open(team=buyer, charge=charge, text="x", by=None, now=timezone.now())
    client, address = visitor(seller), f"/disputes/{dispute.pk}/messages"
    refused = client.post(address, {"text": "Look", "attached": [paper("a.png", b"MZ")]})
    assert (refused.status_code, dispute.messages.count()) == (422, 1)

    client.post(address, {"text": "Look", "attached": [paper()]})

    assert [each.filename for each in DisputeAttachment.objects.all()] == ["answer.json"]


def test_have_an_end_and_leave_nothing_behind_when_refused(buyer, charge, settings, tmp_path):
    settings.ATTACHMENTS_PER_DAY_BYTES = 3
    dispute = disputes.open(team=buyer, charge=charge, text="x", by=None, files=[paper()], now=timezone.now())
    more = {"side": Side.CUSTOMER, "text": "y", "by": owner_of(buyer), "files": [paper()], "now": timezone.now()}

    with pytest.raises(disputes.FilesFull):
        disputes.write(dispute=dispute, **more)

    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        DisputeAttachment.objects.all().delete()
