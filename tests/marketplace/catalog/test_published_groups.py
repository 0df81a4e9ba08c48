"""Groups, promotions, templates, secrets and documents with the sellers' published command line, unmodified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accounts.teams.models import Role, Team
from billing.promotions.models import PriceRule
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog.models import Service, ServiceGroup
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import NOON, make_service
from tests.factories.templates import service_template
from tests.fakes.command_line import CommandLine

GROUP = {"name": "fast-ones", "display_name": "Fast ones", "membership_rules": {"expression": "'fast' in tags"}}
SALE = {
    "name": "Summer sale",
    "pricing": {"type": "multiply", "factor": "0.80"},
    "scope": {"customers": {"code": "{{ promotion_code(8) }}"}, "services": ["fast-ones"]},
    "expires_at": "2027-01-31T00:00:00Z",
}


@pytest.fixture
def seller(transactional_db: None) -> Team:
    return TeamFactory(seller=True, name="acme-corp")


@pytest.fixture
def usvc(seller, tmp_path, live_server) -> CommandLine:
    _, key = api_keys.issue(team=seller, role=Role.OWNER, name="cli", by=None, now=NOON)
    return CommandLine(tmp_path, f"{live_server.url}/v1/seller", key)


def write(file: Path, content: dict[str, object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


class TestGroups:
    def test_are_uploaded_listed_shown_and_deleted(self, usvc, seller, tmp_path):
        make_service(seller, namespace="acme")
        assert "No service groups found" in usvc("groups", "list")
        write(tmp_path / "groups" / "fast.json", GROUP)

        assert "upserted: fast-ones" in usvc("groups", "upload")
        assert "fast-ones" in usvc("groups", "list")
        assert usvc("groups", "list", "--status", "active").count("fast-ones") == 0
        shown = usvc("groups", "show", "fast-ones")
        assert "acme/chat" in shown
        assert "collection" in shown
        assert "upserted: fast-ones" in usvc("groups", "upload")
        assert ServiceGroup.objects.filter(name="fast-ones").count() == 1
        assert "Deleted: fast-ones" in usvc("groups", "delete", "fast-ones", "--force")
        assert not ServiceGroup.objects.filter(name="fast-ones").exists()

    def test_that_break_rules_fail_with_the_reason(self, usvc, tmp_path):
        write(tmp_path / "groups" / "bad.json", {**GROUP, "membership_rules": {"expression": "provider == 'x'"}})

        told = usvc("groups", "upload", succeeds=False)

        assert "did you mean provider_name?" in told

    def test_in_use_are_not_deleted(self, usvc, tmp_path):
        write(tmp_path / "groups" / "fast.json", {**GROUP, "status": "active"})
        usvc("groups", "upload")

        told = usvc("groups", "delete", "fast-ones", "--force", succeeds=False)

        assert "Only draft and private groups can be deleted" in told


class TestPromotions:
    def test_are_uploaded_shown_activated_paused_and_deleted(self, usvc, tmp_path):
        write(tmp_path / "promotions" / "sale.json", SALE)

        assert "upserted: Summer sale" in usvc("promotions", "upload")
        rule = PriceRule.objects.get()
        assert rule.code in usvc("promotions", "list")
        assert rule.code in usvc("promotions", "show", "Summer sale")
        assert "active" in usvc("promotions", "activate", "Summer sale")
        usvc("promotions", "upload")
        rule.refresh_from_db()
        assert rule.status == "active"
        assert "paused" in usvc("promotions", "pause", str(rule.pk)[:8])
        told = usvc("promotions", "delete", "Summer sale", "--force", succeeds=False)
        assert "Only drafts can be deleted" in told

    def test_that_are_drafts_are_deleted(self, usvc, tmp_path):
        write(tmp_path / "promotions" / "sale.json", SALE)
        usvc("promotions", "upload")

        assert "Deleted: Summer sale" in usvc("promotions", "delete", "Summer sale", "--force")
        assert not PriceRule.objects.exists()


class TestTemplates:
    def test_are_shown_and_made_into_services(self, usvc, seller, tmp_path):
        (tmp_path / "templates").mkdir()  # without local ones, the command line asks for templates here
        service_template()
        assert "openai-compatible" in usvc("templates", "list")
        assert "context_length" in usvc("templates", "show", "openai-compatible")
        write(
            tmp_path / "member-services" / "acme" / "bot.json",
            {"template": "openai-compatible", "parameters": {"model": "aurora", "service_name": "acme/bot"}},
        )

        told = usvc("specs", "upload")

        service = Service.objects.get(seller=seller)
        assert str(service.pk) in told
        assert (service.name, service.managed_by_template) == ("acme/bot", "openai-compatible 1")
