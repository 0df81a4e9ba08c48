"""A seller's way to the market with the published command line: secrets, upload, review, sale, revision."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from examples.upstream.accounts import KEYS
from tests.fakes.command_line import CommandLine
from tests.journeys.marketplace import ROOT, Marketplace
from tests.journeys.visitors import Operator

pytestmark = pytest.mark.journey
SPECS = ROOT / "examples" / "catalog" / "specs"
_numbers = itertools.count(1)


@dataclass
class Seller:
    """A new seller with a copy of the demo catalogue under names of their own."""

    marketplace: Marketplace
    usvc: CommandLine
    name: str

    @property
    def secret(self) -> str:
        return f"{self.name.upper()}_API_KEY"

    @property
    def picture(self) -> str:
        """The name of the service that the tests sell."""
        return f"{self.name}/prism-image"

    def folder(self, service: str) -> Path:
        return self.usvc.folder / "specs" / self.name / service

    def remembered(self, service: str = "prism-image") -> dict[str, str]:
        """Return what the command line wrote down about a service."""
        return json.loads((self.folder(service) / "service.json").read_text())

    def store_secrets(self) -> None:
        """Store the keys of the upstream's accounts."""
        self.usvc("secrets", "set", self.secret, "--value", KEYS["northwind"])
        self.usvc("secrets", "set", f"{self.name.upper()}_TIDES_API_KEY", "--value", KEYS["tidewater"])

    def edit(self, file: str, **changes: object) -> None:
        """Change top-level fields of a file of the picture service."""
        path = self.folder("prism-image") / file
        path.write_text(json.dumps(json.loads(path.read_text()) | changes, indent=2))


@pytest.fixture
def seller(marketplace, tmp_path) -> Seller:
    """Somebody whose account was just made, with everything that the demo sells, at the running upstream."""
    name = f"harbour{next(_numbers)}"
    made = marketplace.manage("create_account", "seller", name)
    assert made.returncode == 0, made.stderr
    usvc = CommandLine(tmp_path, f"{marketplace.url}/v1/seller", made.stdout.strip())
    copied(tmp_path / "specs", name, marketplace.upstream_port)
    return Seller(marketplace, usvc, name)


def copied(folder: Path, name: str, port: int) -> None:
    """Copy the demo catalogue with other names of providers, secrets and shared paths, and the upstream's port."""
    tides = f"{name}-tides"
    for provider, own in (("northwind", name), ("tidewater", tides)):
        shutil.copytree(SPECS / provider, folder / own)
    for file in [*folder.rglob("*.json"), *folder.rglob("*.toml")]:
        text = file.read_text()
        for old, new in (
            ("http://127.0.0.1:9100/", f"http://127.0.0.1:{port}/"),
            ("NORTHWIND_API_KEY", f"{name.upper()}_API_KEY"),
            ("TIDEWATER_API_KEY", f"{name.upper()}_TIDES_API_KEY"),
            ('name": "northwind', f'name": "{name}'),
            ('name": "tidewater', f'name": "{tides}'),
            ('name = "tidewater', f'name = "{tides}'),
            ("${API_GATEWAY_BASE_URL}/chat", f"${{API_GATEWAY_BASE_URL}}/{name}-chat"),
        ):
            text = text.replace(old, new)
        file.write_text(text)


@pytest.fixture
def picture(seller) -> Seller:
    """A seller with the picture service alone, and its secret stored."""
    shutil.rmtree(seller.usvc.folder / "specs" / f"{seller.name}-tides")
    for other in ("aurora-chat", "meridian-embed"):
        shutil.rmtree(seller.folder(other))
    seller.usvc("secrets", "set", seller.secret, "--value", KEYS["northwind"])
    return seller


def paint(marketplace: Marketplace, service: str) -> httpx.Response:
    """Ask for one picture with the demo customer's key; the gateway learns of new services within a second."""
    body = {"model": "prism-1", "prompt": "a harbour", "n": 1}
    deadline = time.monotonic() + 10
    with marketplace.client() as http:
        while True:
            answer = http.post(f"/p/{service}/images/generations", json=body)
            if answer.status_code == 200 or time.monotonic() > deadline:
                return answer
            time.sleep(0.1)


def cost(marketplace: Marketplace, service: str) -> Decimal:
    """Return by how much one picture makes the demo customer's wallet fall."""
    before = marketplace.available()
    answer = paint(marketplace, service)
    assert answer.status_code == 200, answer.text
    return before - marketplace.available()


class TestUpload:
    def test_takes_the_whole_demo_catalogue_and_writes_down_what_became_of_it(self, seller):
        seller.store_secrets()

        seller.usvc("specs", "upload")

        services = {
            name: str(pk)
            for name, pk in seller.marketplace.rows(
                "SELECT s.name, s.id FROM catalog_service s JOIN teams_team t ON t.id = s.seller_id WHERE t.name = %s",
                seller.name,
            )
        }
        written = [json.loads(file.read_text()) for file in seller.usvc.folder.rglob("service.json")]
        assert {each["name"]: each["service_id"] for each in written} == services
        assert len(services) == len(list(SPECS.glob("*/*/offering.*")))
        assert {each["status"] for each in written} == {"created"}

    def test_again_changes_nothing(self, picture):
        rows = "SELECT s.* FROM catalog_service s WHERE s.name = %s"
        picture.usvc("specs", "upload")
        before = picture.marketplace.rows(rows, picture.picture)

        picture.usvc("specs", "upload")

        assert picture.remembered()["status"] == "unchanged"
        assert picture.marketplace.rows(rows, picture.picture) == before

    def test_fails_and_names_the_secret_that_is_missing(self, picture):
        picture.usvc("secrets", "delete", picture.secret, "--force")

        told = picture.usvc("specs", "upload", succeeds=False)

        assert picture.secret in told
        assert picture.marketplace.rows("SELECT 1 FROM catalog_service WHERE name = %s", picture.picture) == []


class TestSale:
    def test_begins_with_the_operators_approval_and_is_paid_by_the_call(self, picture):
        marketplace = picture.marketplace
        picture.usvc("specs", "upload")
        picture.usvc("services", "submit", picture.picture, "--yes")

        with Operator(marketplace) as operator:
            page = operator.approve(picture.picture)

        assert "is now active" in page
        price = json.loads((SPECS / "northwind" / "prism-image" / "listing.json").read_text())["list_price"]["price"]
        assert cost(marketplace, picture.picture) == Decimal(price)

    def test_does_not_begin_without_it(self, picture):
        picture.usvc("specs", "upload", "--submit")

        with picture.marketplace.client() as http:
            answer = http.post(f"/p/{picture.picture}/images/generations", json={"model": "prism-1", "n": 1})

        assert answer.status_code == 404


class TestRevision:
    def test_leaves_customers_the_old_price_until_it_is_approved(self, picture):
        marketplace = picture.marketplace
        picture.usvc("specs", "upload", "--submit")
        live = picture.remembered()["service_id"]
        with Operator(marketplace) as operator:
            operator.approve(picture.picture)
            before = cost(marketplace, picture.picture)

            picture.edit("listing.json", list_price={"type": "image", "price": "0.07"})
            told = picture.usvc("specs", "upload", "--submit")
            meanwhile = cost(marketplace, picture.picture)
            page = operator.approve(picture.picture)

        assert "revision_created" in told
        assert "is now active" in page
        assert picture.remembered()["service_id"] == live
        assert eventually(lambda: cost(marketplace, picture.picture), Decimal("0.07"))
        assert (before, meanwhile) == (Decimal("0.04"), Decimal("0.04"))


def eventually(ask, wanted: object, seconds: float = 60) -> bool:
    """Return whether `ask()` comes to answer what is wanted."""
    deadline = time.monotonic() + seconds
    while (answer := ask()) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer == wanted
