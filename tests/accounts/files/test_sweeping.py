"""Contents that no file names go when they are a day old; nothing else does."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.files import services, sweeping
from accounts.files.models import AccountFile
from accounts.files.places import Place
from common.storage.objects import objects
from tests.factories.accounts import TeamFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "objects": {**settings.STORAGES["objects"]}}
    settings.STORAGES["objects"]["OPTIONS"] = {"location": str(tmp_path)}


def kept() -> AccountFile:
    place = Place(TeamFactory(), None)
    content = ContentFile(b"words")
    return services.store(
        place=place, key="a.txt", content=content, content_type="text/plain", by=None, now=timezone.now()
    )


def orphan(team_id: object) -> str:
    return objects().save(f"account-files/{team_id}/{uuid4()}", ContentFile(b"words"))


def test_contents_without_a_file_go_after_a_day_and_those_of_files_stay():
    file = kept()
    beside, of_no_team = orphan(file.team_id), orphan(uuid4())
    body = objects().save(f"request-logs/{file.team_id}/body", ContentFile(b"not ours"))

    assert sweeping.sweep(now=timezone.now()) == 0  # they may still be on their way
    assert sweeping.sweep(now=timezone.now() + timedelta(days=2)) == 2

    assert [objects().exists(name) for name in (beside, of_no_team, file.object_name, body)] == [
        False,
        False,
        True,
        True,
    ]


def test_contents_of_a_team_that_was_deleted_go_too():
    file = kept()
    AccountFile.objects.filter(pk=file.pk).delete()  # as the database does for a team that is deleted

    assert sweeping.sweep(now=timezone.now() + timedelta(days=2)) == 1
    assert not objects().exists(file.object_name)


def test_nothing_is_swept_where_nothing_was_stored():
    assert sweeping.sweep(now=timezone.now()) == 0
