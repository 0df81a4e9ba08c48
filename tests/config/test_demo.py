"""The demo accounts and catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.teams import queries as teams
from billing.wallets import queries as wallets
from config.embedded import demo, env_files
from gateway_admin.api_keys import queries as api_keys
from marketplace.catalog import queries as catalog
from marketplace.catalog import services
from marketplace.catalog.models import AccessInterface, ServiceStatus
from marketplace.catalog.services import ServiceFiles
from marketplace.enrollments import queries as enrollments

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(tmp_path):
    return demo.load(data=tmp_path, upstream_port=9100, now=NOON)


def active_services():
    return catalog.seller_services(team=teams.team_by_name("demo-seller")).filter(status=ServiceStatus.ACTIVE)


class TestLoad:
    def test_puts_the_whole_catalogue_on_the_market(self, loaded):
        assert set(active_services().values_list("name", flat=True)) == {
            "northwind/aurora-chat",
            "northwind/meridian-embed",
            "northwind/prism-image",
            "tidewater/aurora-byok",
            "tidewater/delta-chat",
            "tidewater/echo",
            "tidewater/fable-messages",
            "tidewater/forecast",
            "tidewater/rpc",
            "tidewater/topics",
        }

    def test_puts_two_providers_behind_one_path(self, loaded):
        shared = AccessInterface.objects.filter(path="chat", service__in=active_services())
        assert {(row.service.provider.name, row.routing_key["model"]) for row in shared} == {
            ("northwind", "aurora-large"),
            ("tidewater", "delta-2"),
        }

    def test_gives_the_customer_money_a_key_and_what_must_be_enrolled_in(self, loaded):
        customer = teams.team_by_name("demo-customer")
        assert wallets.wallet(team=customer).settled == Decimal(25)
        assert api_keys.authenticate(loaded["UNITYSVC_API_KEY"], NOON).team == customer
        enrolled = enrollments.enrollments(team=customer)
        assert {row.service.name for row in enrolled} == {"tidewater/forecast", "tidewater/topics"}

    def test_writes_the_names_that_the_published_clients_read(self, loaded, tmp_path, settings):
        written = env_files.read(tmp_path / "demo.env")
        assert written == loaded
        assert written["UNITYSVC_API_BASE_URL"] == settings.SITE_URL
        assert written["UNITYSVC_API_URL"] == f"{settings.SITE_URL}/v1"
        assert written["UNITYSVC_SELLER_API_URL"] == f"{settings.SITE_URL}/v1/seller"

    def test_repeated_changes_nothing(self, loaded, tmp_path):
        before = list(active_services().order_by("name").values_list("pk", "updated_at"))
        assert demo.load(data=tmp_path, upstream_port=9100, now=NOON) == loaded
        assert list(active_services().order_by("name").values_list("pk", "updated_at")) == before
        customer = teams.team_by_name("demo-customer")
        assert wallets.wallet(team=customer).settled == Decimal(25)
        assert api_keys.keys(team=customer).count() == 1
        assert enrollments.enrollments(team=customer).count() == 2

    def test_leaves_what_its_seller_uploaded_since_then(self, loaded, tmp_path):
        (chat,) = active_services().filter(name="northwind/aurora-chat")
        files = ServiceFiles(chat.provider.data, {**chat.offering.data, "description": "Newer."}, chat.listing.data)
        revision = services.ingest(seller=chat.seller, files=files, by=None, now=NOON).service
        assert revision.revision_of == chat
        demo.load(data=tmp_path, upstream_port=9100, now=NOON)
        revision.refresh_from_db()
        assert revision.offering.data["description"] == "Newer."

    def test_makes_new_keys_and_passwords_when_the_file_is_lost(self, loaded, tmp_path):
        (tmp_path / "demo.env").unlink()
        again = demo.load(data=tmp_path, upstream_port=9100, now=NOON)
        assert again["UNITYSVC_API_KEY"] != loaded["UNITYSVC_API_KEY"]
        assert again["CUSTOMER_PASSWORD"] != loaded["CUSTOMER_PASSWORD"]
        assert api_keys.authenticate(again["UNITYSVC_API_KEY"], NOON) is not None

    def test_follows_the_upstream_to_another_port(self, loaded, tmp_path):
        demo.load(data=tmp_path, upstream_port=9177, now=NOON)
        addresses = {
            channel["base_url"]
            for service in active_services()
            for channel in service.offering.data["upstream_access_config"].values()
        }
        assert addresses
        assert all(address.startswith("http://127.0.0.1:9177/") for address in addresses)
