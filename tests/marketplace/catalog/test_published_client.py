"""The sellers' published command line, unmodified, against a running server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog import services
from marketplace.catalog.models import Document, Service
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import LISTING, NOON, OFFERING, PROVIDER
from tests.fakes.command_line import CommandLine


@pytest.fixture
def seller(transactional_db: None) -> Team:
    return TeamFactory(seller=True, name="acme-corp")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue in the layout of the sellers' tools: a guide, a code example and a connectivity test as files."""
    place = tmp_path / "specs" / "acme" / "chat"
    place.mkdir(parents=True)
    (place / "guide.md").write_text("# Guide\n\nAsk it anything.\n")
    (place / "example.py.j2").write_text('import os\nprint("{{ listing.name }}", os.environ["SERVICE_BASE_URL"])\n')
    (place / "connect.sh.j2").write_text("curl -fsS $SERVICE_BASE_URL\n")
    documents = {
        "User guide": {
            "category": "getting_started",
            "mime_type": "markdown",
            "file_path": "guide.md",
            "is_public": True,
        },
        "Python example": {"category": "code_example", "mime_type": "python", "file_path": "example.py.j2"},
        "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_path": "connect.sh.j2"},
    }
    write(place, "provider", {**PROVIDER, "terms_of_service": "https://acme.example/terms"})
    write(place, "offering", OFFERING)
    write(place, "listing", {**LISTING, "documents": documents})
    return tmp_path


def write(place: Path, name: str, content: dict[str, Any]) -> None:
    (place / f"{name}.json").write_text(json.dumps(content, indent=2))


@pytest.fixture
def usvc(seller, folder, live_server) -> CommandLine:
    _, key = api_keys.issue(team=seller, role=Role.OWNER, name="cli", by=None, now=NOON)
    return CommandLine(folder, f"{live_server.url}/v1/seller", key)


class TestUpload:
    def test_makes_a_draft_with_its_documents(self, usvc, folder):
        output = usvc("specs", "upload")

        service = Service.objects.get()
        assert (service.name, service.status) == ("acme/chat", "draft")
        assert str(service.pk) in output
        remembered = json.loads((folder / "specs/acme/chat/service.json").read_text())
        assert remembered["service_id"] == str(service.pk)
        stored = {d.title: (d.blob and d.blob.file.read().decode(), d.filename) for d in Document.objects.all()}
        assert stored == {
            "User guide": ("# Guide\n\nAsk it anything.\n", "guide.md"),
            "Python example": (
                'import os\nprint("{{ listing.name }}", os.environ["SERVICE_BASE_URL"])\n',
                "example.py.j2",
            ),
            "Connectivity test": ("curl -fsS $SERVICE_BASE_URL\n", "connect.sh.j2"),
            "Terms of Service": (None, ""),
        }

    def test_again_changes_nothing(self, usvc):
        usvc("specs", "upload")
        before = Service.objects.values().get()

        usvc("specs", "upload")

        assert Service.objects.values().get() == before

    def test_and_submit_in_one_go(self, usvc):
        usvc("specs", "upload", "--submit")

        assert Service.objects.get().status == "review"

    def test_of_a_live_service_makes_a_revision(self, usvc, folder):
        usvc("specs", "upload", "--submit")
        live = services.approve(service=Service.objects.get(), by=None, now=NOON)
        write(folder / "specs/acme/chat", "offering", {**OFFERING, "description": "Better than before."})

        output = usvc("specs", "upload", "--submit")

        assert "revision_created" in output
        revision = Service.objects.get(revision_of=live)
        assert services.approve(service=revision, by=None, now=NOON).offering.description == "Better than before."
        remembered = json.loads((folder / "specs/acme/chat/service.json").read_text())
        assert remembered["service_id"] == str(live.pk)

    def test_prints_every_problem_and_fails(self, usvc, folder):
        channel = {"default": {"base_url": "https://up.example", "api_key": "sk-live-0123456789"}}
        write(folder / "specs/acme/chat", "provider", {**PROVIDER, "homepage": "acme.example"})
        write(folder / "specs/acme/chat", "offering", {**OFFERING, "upstream_access_config": channel})

        output = usvc("specs", "upload", succeeds=False)

        assert "provider_data.homepage" in output
        assert "offering_data.upstream_access_config.default.api_key" in output
        assert "0123456789" not in output
        assert not Service.objects.exists()


class TestServices:
    def test_are_listed_shown_and_submitted(self, usvc):
        usvc("specs", "upload")
        service = Service.objects.get()

        assert "acme/chat" in usvc("services", "list")
        assert "Connectivity test" in usvc("services", "show", "acme/chat")
        assert "acme/chat" in usvc("services", "show", "--id", str(service.pk)[:8])
        usvc("services", "submit", "acme/chat", "--yes")

        service.refresh_from_db()
        assert service.status == "review"

    def test_follow_the_life_of_a_service(self, usvc):
        usvc("specs", "upload", "--submit")
        service = Service.objects.get()

        services.reject(service=service, reason="The summary is too short.", by=None, now=NOON)
        usvc("services", "withdraw", "acme/chat", "--yes")
        assert Service.objects.get().status == "draft"
        usvc("services", "submit", "--id", str(service.pk), "--yes")
        services.approve(service=service, by=None, now=NOON)
        usvc("services", "set-visibility", "unlisted", "acme/chat", "--yes")
        usvc("services", "update", "acme/chat", "--set-price", "2.50")
        assert Service.objects.get().visibility == "unlisted"
        assert Service.objects.get().list_price.price == {"type": "constant", "price": "2.50"}
        usvc("services", "deprecate", "acme/chat", "--yes")
        assert Service.objects.get().status == "deprecated"

    def test_are_deleted_before_they_were_on_sale(self, usvc):
        usvc("specs", "upload")

        usvc("services", "delete", "acme/chat", "--dryrun")
        assert Service.objects.exists()
        usvc("services", "delete", "acme/chat", "--yes")
        assert not Service.objects.exists()
