"""What a service is held to stands on its page before anybody calls."""

from __future__ import annotations

import pytest

from gateway_admin.publishing import compilers
from gateway_admin.publishing import queries as publishing
from tests.factories.marketplace import LISTING, make_service

CHANNEL = {
    "base_url": "https://api.acme.example",
    "customer_rate_limit": {"limit": 1000, "unit": "requests", "window": "minute"},
    "rate_limit_refs": ["rpd"],
    "constraints": {"uptime_sla_percent": 99},
}
ACCOUNT = {"name": "rpd", "limit": 5000, "unit": "requests", "window": "day"}


@pytest.fixture
def service(seller):
    made = make_service(seller, namespace="acme")
    made.offering.data = {**made.offering.data, "upstream_access_config": {"default": CHANNEL}}
    made.offering.save()
    made.provider.data = {**made.provider.data, "rate_limits": [ACCOUNT, {**ACCOUNT, "name": "unused"}]}
    made.provider.save()
    return made


class TestLimits:
    def test_stand_on_the_page(self, client, service):
        page = client.get(f"/market/{service.name}").content.decode()
        assert "1,000 requests a minute for each customer" in page
        assert "5,000 requests a day for all of the provider" in page
        assert "Uptime sla percent" in page

    def test_have_a_tab_with_what_the_seller_promises(self, client, seller):
        sla = {
            "category": "service_level_agreement",
            "mime_type": "markdown",
            "file_content": "99.9 %",
            "is_public": True,
        }
        make_service(seller, namespace="acme", listing={"documents": {**LISTING["documents"], "Our promise": sla}})

        page = client.get("/market/acme/chat?tab=limits").content.decode()

        assert "<p>99.9 %</p>" in page
        assert "Our promise" not in client.get("/market/acme/chat?tab=docs").content.decode()

    def test_are_published_as_far_as_a_channel_needs_them(self, service):
        record = compilers.service(str(service.pk))
        assert record is not None
        assert record.account_limits == {"rpd": ACCOUNT}

    def test_of_the_account_are_published_for_all_its_services_when_one_tells_others(self, seller):
        limited = {"default": {"base_url": "https://api.acme.example", "rate_limit_refs": ["rpd"]}}
        offering = {"upstream_access_config": limited}
        first = make_service(seller, namespace="acme", offering=offering, provider={"rate_limits": [ACCOUNT]})
        less = {**ACCOUNT, "limit": 100}
        make_service(seller, namespace="acme", name="other", provider={"rate_limits": [less]})

        assert publishing.body("service", str(first.pk))["account_limits"] == {"rpd": less}
