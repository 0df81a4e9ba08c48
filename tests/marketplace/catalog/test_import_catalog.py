from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.teams.models import Team
from billing.promotions.models import PriceRule
from marketplace.catalog import services
from marketplace.catalog.models import Blob, Document, Service, ServiceGroup
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import LISTING, OFFERING, PROVIDER, files, make_service, upload

GROUP = {
    "name": "fast",
    "display_name": "Fast",
    "status": "active",
    "membership_rules": {"expression": "'fast' in tags"},
}


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_service(place: Path, name: str = "chat", **listing: Any) -> None:
    write(place / "provider.json", PROVIDER)
    write(place / "offering.json", {**OFFERING, "name": name})
    write(place / "listing.json", {**LISTING, "name": f"acme/{name}", **listing})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two services in the specs layout, a document as a file, and two groups."""
    root = tmp_path / "acme-shop"
    guide = {"category": "getting_started", "mime_type": "markdown", "file_path": "guide.md", "is_public": True}
    write_service(root / "specs/acme/chat", documents={**LISTING["documents"], "User guide": guide})
    (root / "specs/acme/chat/guide.md").write_text("# Guide")
    write_service(root / "specs/acme/talk", "talk")
    write(root / "groups/fast.json", GROUP)
    write(root / "promotions/spring.json", {"name": "spring", "pricing": {"type": "multiply", "factor": "0.80"}})
    write(root / "groups/aa-below.json", {**GROUP, "name": "aa-below", "parent_group_name": "fast"})
    return root


def run(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_catalog", str(folder), *options, stdout=out)
    return out.getvalue()


def outcomes(output: str) -> list[str]:
    lines = [line for line in output.splitlines() if line.startswith(("service ", "group "))]
    return [line.split(": ")[1].split()[0] for line in lines]


@pytest.mark.django_db
class TestImport:
    def test_brings_in_services_documents_and_groups(self, folder):
        output = run(folder)

        assert set(Service.objects.values_list("name", "status")) == {("acme/chat", "draft"), ("acme/talk", "draft")}
        assert Document.objects.get(title="User guide").blob.file.read() == b"# Guide"
        assert ServiceGroup.objects.get(name="aa-below").parent.name == "fast"
        assert ServiceGroup.objects.get(name="fast").members.count() == 2
        assert PriceRule.objects.get().seller.name == "acme-shop"
        assert "acme/chat: created" in output

    def test_takes_the_older_layout_and_toml(self, tmp_path):
        place = tmp_path / "shop/data/acme"
        write(place / "provider.json", PROVIDER)
        write(place / "services/chat/offering.json", OFFERING)
        (place / "services/chat/listing-plus.toml").write_text(
            'schema = "listing_v1"\ntime_created = 2026-01-01T00:00:00Z\n'
            '[user_access_interfaces.main]\nbase_url = "${GATEWAY_BASE_URL}/p/acme"\n'
            '[list_price.price_data]\ntype = "constant"\nprice = "0.10"\n'
        )

        run(tmp_path / "shop")

        service = Service.objects.get()
        assert (service.name, service.interfaces.get().path) == ("chat@plus", "acme")
        assert service.list_price.price == {"type": "constant", "price": "0.10"}

    def test_again_changes_nothing(self, folder):
        run(folder)
        before = list(Service.objects.order_by("name").values())

        output = run(folder)

        assert list(Service.objects.order_by("name").values()) == before
        assert "acme/chat: unchanged" in output
        assert "group fast: unchanged" in output
        assert "promotion spring: unchanged" in output

    def test_makes_the_seller_that_the_folder_is_named_after(self, folder):
        run(folder)

        assert Service.objects.first().seller == Team.objects.get(name="acme-shop", kind="seller")

    def test_prefers_the_seller_file(self, folder):
        seller = {
            "schema": "seller_v1",
            "name": "acme-inc",
            "display_name": "Acme Inc",
            "contact_email": "Shop@Acme.example",
            "time_created": "2026-01-01T00:00:00Z",
            "is_verified": True,
            "tax_id": "DE123",
        }
        write(folder / "seller.json", seller)

        run(folder)

        team = Service.objects.first().seller
        assert (team.name, team.display_name, team.contact_email) == ("acme-inc", "Acme Inc", "shop@acme.example")
        assert not team.is_verified
        assert "DE123" not in json.dumps(team.profile)

    def test_prefers_the_seller_that_is_named(self, folder):
        run(folder, "--seller", "somebody")

        assert Service.objects.first().seller.name == "somebody"

    def test_refuses_a_customer_as_seller(self, folder):
        TeamFactory(name="acme-shop")

        with pytest.raises(CommandError, match="customer's team"):
            run(folder)

    def test_submits_and_approves_when_asked_to(self, folder):
        run(folder, "--submit")
        assert set(Service.objects.values_list("status", flat=True)) == {"review"}

        run(folder, "--approve")
        assert set(Service.objects.values_list("status", flat=True)) == {"active"}

    def test_leaves_a_stopped_service_stopped(self, folder):
        run(folder, "--approve")
        stopped = Service.objects.get(name="acme/chat")
        services.suspend(service=stopped, reason="Stopped.", by=None, now=stopped.updated_at)

        run(folder, "--approve")

        stopped.refresh_from_db()
        assert stopped.status == "suspended"


@pytest.mark.django_db
class TestFailures:
    def test_are_all_told_and_do_not_stop_the_others(self, folder, capsys):
        write_service(folder / "specs/acme/bad", "bad", currency="DUCATS", status="flying")
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("import_catalog", str(folder), stdout=out)

        assert "listing_data.currency" in out.getvalue()
        assert "listing_data.status" in out.getvalue()
        assert Service.objects.count() == 2

    def test_of_two_listings_with_one_name_name_the_other_file(self, folder):
        write_service(folder / "specs/acme/twin", "chat")
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("import_catalog", str(folder), stdout=out)

        assert "already the name in specs/acme/chat/listing.json" in out.getvalue()

    def test_to_submit_are_told(self, folder):
        write_service(folder / "specs/acme/untested", "untested", documents=None)
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("import_catalog", str(folder), "--submit", stdout=out)

        assert "not submitted" in out.getvalue()
        assert Service.objects.get(name="acme/untested").status == "rejected"

    def test_of_a_missing_folder_are_plain(self):
        with pytest.raises(CommandError, match="is not a folder"):
            call_command("import_catalog", "/nowhere")


@pytest.mark.django_db
class TestDryRun:
    def test_says_what_would_be_done_and_writes_nothing(self, folder):
        output = run(folder, "--dry-run")

        assert "acme/chat: created" in output
        assert "group fast: created" in output
        for model in (Service, ServiceGroup, PriceRule, Team, Blob):
            assert not model.objects.exists()

    def test_tells_the_same_as_the_real_run(self, folder):
        seller = TeamFactory(seller=True, name="acme-shop")
        upload(seller, files(name="talk", offering={"description": "Before."}))
        make_service(seller, namespace="acme", listing={"display_name": "Before"})

        foretold, done = outcomes(run(folder, "--dry-run")), outcomes(run(folder))

        assert foretold == done == ["revision_created", "updated", "created", "created"]


@pytest.mark.django_db
class TestApprove:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("approve", *arguments, stdout=out, stderr=out)
        return out.getvalue()

    @pytest.mark.parametrize("reference", ["name", "id", "prefix"])
    def test_takes_a_name_an_id_or_its_beginning(self, seller, reference):
        service = make_service(seller, status="review")

        self.run({"name": service.name, "id": str(service.pk), "prefix": str(service.pk)[:8]}[reference])

        service.refresh_from_db()
        assert service.status == "active"

    def test_of_a_name_means_the_revision_that_waits(self, seller, folder):
        make_service(seller, namespace="acme")
        revision = upload(seller, files(offering={"description": "Better."})).service
        services.submit(service=revision, by=None, now=revision.updated_at)

        self.run("acme/chat")

        assert Service.objects.get().offering.description == "Better."

    def test_can_approve_everything_that_waits(self, seller):
        for name in ("one", "two"):
            make_service(seller, namespace="acme", name=name, status="review")

        self.run("--all-pending")

        assert set(Service.objects.values_list("status", flat=True)) == {"active"}

    @pytest.mark.parametrize("arguments", [(), ("x", "--all-pending"), ("nowhere",)])
    def test_refuses_what_it_cannot_do(self, db, arguments):
        with pytest.raises(CommandError):
            self.run(*arguments)

    def test_fails_for_a_draft(self, seller):
        make_service(seller, namespace="acme", status="draft")

        with pytest.raises(CommandError):
            self.run("acme/chat")
