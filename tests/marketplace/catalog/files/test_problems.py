"""How problems are told: order, form for the API, and never a credential."""

from __future__ import annotations

import pytest

from tests.marketplace.catalog.files.samples import CHANNEL, INTERFACE, MISSING, check, texts


class TestProblems:
    def test_all_are_told_at_once_credentials_first_then_by_part(self):
        result = check(
            provider={"contact_email": MISSING, "homepag": "x"},
            offering={f"{CHANNEL}.api_key": "sk-live-0123456789abcdef", "summary": "x" * 201},
            listing={"status": "live", f"{INTERFACE}.base_url": MISSING, f"{INTERFACE}.base_urll": "x"},
        )

        assert [problem.where for problem in result.problems] == [
            "offering_data.upstream_access_config.default.api_key",
            "provider_data.contact_email",
            "offering_data.summary",
            "listing_data.user_access_interfaces.canonical.base_urll",
            "listing_data.status",
            "listing_data.user_access_interfaces.canonical.base_url",
        ]

    def test_have_the_same_order_every_time(self):
        orders = {
            tuple(texts(check(provider={"name": 1, "homepage": 2}, listing={"status": 3}).problems)) for _ in range(5)
        }

        assert len(orders) == 1

    def test_are_given_to_the_api_as_loc_msg_and_type(self):
        result = check(listing={"status": "live"})

        assert [problem.as_detail() for problem in result.problems] == [
            {
                "loc": ["body", "data", "listing_data", "status"],
                "msg": "must be draft, ready or deprecated (got 'live')",
                "type": "enum",
            }
        ]

    @pytest.mark.parametrize("value", ["sk-live-0123456789abcdef", "svcpass_0123456789", "Bearer eyJhbGciOi"])
    def test_never_repeat_a_credential(self, value):
        result = check(
            provider={"status": value, "name": value, "homepage": value},
            offering={f"{CHANNEL}.api_key": value, f"{CHANNEL}.headers": {"Authorization": value}, "currency": value},
            listing={"name": value, f"{INTERFACE}.base_url": value, f"{INTERFACE}.access_method": value},
        )

        assert len(result.problems) >= 7
        assert not any(value in text or value[8:] in text for text in texts(result.problems + result.warnings))

    def test_in_an_address_never_repeat_the_password(self):
        result = check(provider={"homepage": "https://user:hunter2@acme.example"})

        assert texts(result.problems) == [
            "provider_data.homepage: not a URL (got 'https://…@acme.example'). "
            "Write an address like https://example.com, without credentials"
        ]
