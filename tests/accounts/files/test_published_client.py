"""Account files through the customers' published client, unmodified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from unitysvc.exceptions import APIError, ConflictError, NotFoundError, PermissionError, ValidationError

from accounts.files.models import AccountFile
from accounts.teams import services as teams
from accounts.teams.models import Role
from common.storage.objects import objects
from tests.factories.accounts import TeamFactory, owner_of


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "q2.txt"
    path.write_text("vermilion")
    return path


class TestFiles:
    def test_go_up_stand_in_their_folder_and_come_down(self, client, report, tmp_path):
        assert client.files.upload(report, "reports") == "reports/q2.txt"
        assert client.files.upload(report, "reports/2026", filename="q3 ä.txt") == "reports/2026/q3 ä.txt"

        root, folder = client.files.list(), client.files.list("reports")

        assert (root.objects, root.common_prefixes, root.shared_enabled) == ([], ["reports/"], False)
        assert [(each.key, each.size) for each in folder.objects] == [("reports/q2.txt", 9)]
        assert folder.common_prefixes == ["reports/2026/"]
        assert client.files.download("reports/2026/q3 ä.txt", tmp_path / "down").read_text() == "vermilion"

    def test_of_the_same_key_are_replaced_and_leave_nothing_behind(self, client, report):
        client.files.upload(report)
        before = AccountFile.objects.get().object_name
        report.write_text("carmine")
        client.files.upload(report)

        after = AccountFile.objects.get()
        assert (after.key, after.size) == ("q2.txt", 7)
        assert (objects().exists(before), objects().exists(after.object_name)) == (False, True)

    def test_are_downloaded_without_a_key_by_an_address_that_hides_nothing_else(self, client, report):
        client.files.upload(report)
        address = client.files.download_url("q2.txt", expires_in=60)

        answer = httpx.get(address.url)

        assert (answer.text, address.expires_in) == ("vermilion", 60)
        assert answer.headers["content-disposition"] == 'attachment; filename="q2.txt"'
        with pytest.raises(NotFoundError):
            client.files.download_url("q3.txt")

    def test_are_listed_page_by_page(self, client, report):
        for name in ("b.txt", "a.txt", "c.txt"):
            client.files.upload(report, filename=name)
        client.files.upload(report, "b")

        first = client.files.list(max_keys=2)
        rest = client.files.list(max_keys=2, continuation_token=first.next_continuation_token)

        assert [each.key for each in first.objects] == ["a.txt", "b.txt"]  # then "b/": by their bytes
        assert first.is_truncated
        assert rest.is_truncated is False
        found = [*first.objects, *rest.objects]
        assert sorted(each.key for each in found) == ["a.txt", "b.txt", "c.txt"]
        assert [*first.common_prefixes, *rest.common_prefixes] == ["b/"]
        with pytest.raises(ValidationError, match="Start without it"):
            client.files.list(continuation_token="ÿ")

    @pytest.mark.parametrize(
        ("path", "filename"),
        [
            ("..", "x"),
            ("a/../../b", "x"),
            ("a//b", "x"),
            ("", "../x"),
            ("", ".."),
            ("a\\b", "x"),
            ("", "a\nb"),
            ("", ""),
        ],
    )
    def test_lead_nowhere_but_down_from_their_root(self, client, path, filename):
        asked = {"filename": filename, "path": path, "size": 1}
        answer = client._client.get_httpx_client().post("/files/upload", json=asked)

        assert answer.status_code == 422


class TestSizes:
    def test_beyond_the_limit_are_refused_before_and_while_they_are_sent(self, client, report, settings):
        settings.ACCOUNT_FILE_LIMIT_BYTES = 8
        with pytest.raises(APIError, match="At most 8 bytes"):
            client.files.upload(report)

        report.write_text("x")
        settings.ACCOUNT_FILE_LIMIT_BYTES = 20
        ticket = client._client.get_httpx_client().post("/files/upload", json={"filename": "x", "size": 1}).json()
        settings.ACCOUNT_FILE_LIMIT_BYTES = 8
        small = httpx.post(ticket["url"], data=ticket["fields"], files={"file": b"y" * 9})
        large = httpx.post(ticket["url"], data=ticket["fields"], files={"file": b"y" * 200_000})

        assert (small.status_code, large.status_code) == (413, 413)
        assert AccountFile.objects.count() == 0

    def test_of_all_files_have_a_limit_and_a_replaced_file_gives_its_room_back(self, client, report, settings):
        settings.ACCOUNT_FILES_LIMIT_BYTES = 10
        client.files.upload(report)

        client.files.upload(report)
        with pytest.raises(ConflictError, match="Delete some first"):
            client.files.upload(report, filename="more.txt")

    def test_number_of_files_has_a_limit(self, client, report, settings):
        settings.ACCOUNT_FILES_LIMIT = 1
        client.files.upload(report)

        client.files.upload(report)
        with pytest.raises(ConflictError, match="1 files of 1"):
            client.files.upload(report, filename="more.txt")


class TestScopes:
    def test_personal_files_are_their_members_alone_and_shared_ones_the_teams(
        self, client, connect, buyer, colleague, report
    ):
        with pytest.raises(PermissionError, match="two or more"):
            client.files.upload(report, scope="shared")
        teams.add_member(team=buyer, user=colleague, role=Role.DEVELOPER)
        other = connect(buyer, colleague, Role.DEVELOPER)

        client.files.upload(report)
        client.files.upload(report, scope="shared", filename="team.txt")

        assert other.files.list().objects == []
        assert [each.key for each in other.files.list(scope="shared").objects] == ["team.txt"]
        with pytest.raises(NotFoundError):
            other.files.download_url("q2.txt")
        assert other.files.download_url("team.txt", scope="shared").url

    def test_of_other_teams_are_not_there(self, client, connect, report):
        client.files.upload(report)
        stranger = TeamFactory()

        assert connect(stranger, owner_of(stranger)).files.list().objects == []

    def test_personal_needs_a_person(self, connect, buyer):
        with pytest.raises(PermissionError, match="belongs to no person"):
            connect(buyer, None).files.list()

    def test_uploads_need_the_right(self, connect, buyer, report):
        with pytest.raises(PermissionError, match="manage files"):
            connect(buyer, owner_of(buyer), Role.VIEWER).files.upload(report)


class TestTickets:
    def test_end_are_ours_alone_and_need_a_file(self, client, time_machine):
        ticket = client._client.get_httpx_client().post("/files/upload", json={"filename": "x", "size": 1}).json()

        assert httpx.post(ticket["url"], data=ticket["fields"]).status_code == 400
        assert httpx.post(f"{ticket['url']}x", files={"file": b"y"}).status_code == 403
        assert httpx.post(ticket["url"], data=ticket["fields"], files={"file": b"y"}).status_code == 204
        time_machine.move_to(datetime.now(UTC) + timedelta(seconds=901))
        assert httpx.post(ticket["url"], data=ticket["fields"], files={"file": b"y"}).status_code == 403
