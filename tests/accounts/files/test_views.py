"""The page of account files."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.files import services
from accounts.files.models import AccountFile
from accounts.files.places import Place
from accounts.teams import services as teams
from accounts.teams.models import Role, Team
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.billing import NOON
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer() -> Team:
    return TeamFactory()


def keep(team: Team, key: str, user=None) -> AccountFile:
    content = ContentFile(b"vermilion")
    return services.store(place=Place(team, user), key=key, content=content, content_type=None, by=user, now=NOON)


class TestThePage:
    def test_offers_an_upload_when_there_is_nothing(self, buyer):
        page = visitor(buyer).get("/files").content.decode()

        assert "No files here" in page
        assert "0 bytes" in page.replace("\xa0", " ")

    def test_leads_down_folders_and_to_files(self, buyer):
        file = keep(buyer, "reports/2026/q2.txt", owner_of(buyer))
        client = visitor(buyer)

        assert "path=reports" in client.get("/files").content.decode()
        page = client.get("/files?path=reports/2026").content.decode()
        assert "q2.txt" in page
        sent = client.get(reverse("files:download", args=[file.pk]), follow=True)
        assert b"".join(sent.streaming_content) == b"vermilion"

    def test_keeps_what_is_uploaded_in_the_folder_that_is_named(self, buyer):
        client = visitor(buyer)

        answer = client.post("/files/upload", {"file": SimpleUploadedFile("q2.txt", b"vermilion"), "folder": "reports"})

        assert answer.headers["Location"] == "/files?scope=personal&path=reports"
        file = AccountFile.objects.get()
        assert (file.key, file.user, file.updated_by) == ("reports/q2.txt", owner_of(buyer), owner_of(buyer))

    @pytest.mark.parametrize(
        ("folder", "limit", "says"), [("../up", 100, "may not be empty"), ("", 3, "At most 3 bytes are taken")]
    )
    def test_says_at_the_field_what_is_wrong(self, buyer, settings, folder, limit, says):
        settings.ACCOUNT_FILE_LIMIT_BYTES = limit

        answer = visitor(buyer).post("/files/upload", {"file": SimpleUploadedFile("a", b"vermilion"), "folder": folder})

        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert AccountFile.objects.count() == 0

    def test_deletes_a_file(self, buyer):
        file = keep(buyer, "reports/q2.txt", owner_of(buyer))

        answer = visitor(buyer).post(reverse("files:delete", args=[file.pk]))

        assert answer.headers["Location"] == "/files?scope=personal&path=reports"
        assert AccountFile.objects.count() == 0

    def test_parts_mine_from_the_teams(self, buyer):
        teams.add_member(team=buyer, user=UserFactory(), role=Role.DEVELOPER)
        keep(buyer, "mine.txt", owner_of(buyer))
        keep(buyer, "ours.txt")
        client = visitor(buyer)

        mine, ours = (client.get(f"/files?scope={scope}").content.decode() for scope in ("personal", "shared"))

        assert ("mine.txt" in mine, "ours.txt" in mine) == (True, False)
        assert ("mine.txt" in ours, "ours.txt" in ours) == (False, True)

    def test_shows_a_colleague_nothing_of_mine_by_its_id_either(self, buyer):
        file = keep(buyer, "mine.txt", owner_of(buyer))
        colleague = visitor(buyer, Role.ADMIN)

        assert colleague.get(reverse("files:download", args=[file.pk])).status_code == 404
        assert colleague.post(reverse("files:delete", args=[file.pk])).status_code == 404

    def test_lets_viewers_look_and_nothing_else(self, buyer):
        keep(buyer, "ours.txt")
        viewer = visitor(buyer, Role.VIEWER)

        page = viewer.get("/files?scope=shared").content.decode()

        assert "ours.txt" in page
        assert "upload-form" not in page
        assert viewer.post("/files/upload", {}).status_code == 403

    def test_asks_the_database_as_often_for_many_files_as_for_few(self, buyer, django_assert_max_num_queries):
        client = visitor(buyer)
        for number in range(150):
            own = {"team": buyer, "user": owner_of(buyer), "object_name": str(number)}
            AccountFile.objects.create(key=f"{number:03}.txt", size=1, updated_at=NOON, **own)

        with django_assert_max_num_queries(12):
            page = client.get("/files").content.decode()

        assert "099.txt" in page
        assert "100.txt" not in page
        assert "More" in page
