"""The sellers' own validator as an oracle: the same words, and the same answer about the documented examples."""

from __future__ import annotations

import pytest
from unitysvc_core.models import ListingV1, OfferingV1, ProviderV1, base, validators

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.names import channel_name_problem, service_name_problem
from marketplace.catalog.files.sellers import validate_seller
from tests.marketplace.catalog.files.samples import LISTING, OFFERING, PROVIDER, changed, check


def _words(enum):
    return {member.value for member in enum}


class TestVocabulary:
    @pytest.mark.parametrize(("ours", "theirs"), [
        (vocabulary.SERVICE_TYPES, base.ServiceTypeEnum),
        (vocabulary.CURRENCIES, base.CurrencyEnum),
        (vocabulary.MIME_TYPES, base.MimeTypeEnum),
        (vocabulary.CATEGORIES, base.DocumentCategoryEnum),
        (vocabulary.ACCESS_METHODS, base.AccessMethodEnum),
        (vocabulary.STATUSES, base.ListingStatusEnum),
    ])  # fmt: skip
    def test_is_the_one_that_the_packages_publish(self, ours, theirs):
        assert set(ours) == _words(theirs)

    @pytest.mark.parametrize("word", [*vocabulary.SERVICE_TYPES, *vocabulary.MODALITIES, "undetermined", "tts", ""])
    def test_of_answers_is_always_theirs(self, word):
        assert vocabulary.emitted_service_type(word) in _words(base.ServiceTypeEnum)

    @pytest.mark.parametrize("word", [*vocabulary.ACCESS_METHODS, *vocabulary.OTHER_ACCESS_METHODS, "x"])
    def test_of_access_in_answers_is_always_theirs(self, word):
        assert vocabulary.emitted_access_method(word) in _words(base.AccessMethodEnum)


NAMES = [
    "gpt-4",
    "a",
    "a/b",
    "Qwen/Qwen2.5",
    "x1@y",
    "x1@y@z",
    "-gpt",
    "Qwen//x1",
    "gpt 4",
    "x1@",
    "x1@y/z",
    "",
    "é1",
    "p.q/r_s",
]


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    def test_of_services_pass_when_theirs_do(self, name):
        try:
            validators.validate_service_identifier(name, "service")
        except ValueError:
            assert service_name_problem(name)
        else:
            assert not service_name_problem(name)

    @pytest.mark.parametrize("name", ["managed", "p", "eu-west", "by@k", "-a", "a//b", "", "Groq API", "a/b"])
    def test_of_channels_pass_when_theirs_do(self, name):
        try:
            validators.validate_channel_name(name)
        except ValueError:
            assert channel_name_problem(name)
        else:
            assert not channel_name_problem(name)


class TestNormalForm:
    @pytest.mark.parametrize("changes", [
        {},
        {"offering": {"service_type": "llm", "details": {"context_length": 8192, "parameter_count": None},
                      "payout_price": {"type": "revenue_share", "percentage": "85"}}},
        {"provider": {"schema": "provider_v1", "logo": "https://acme.example/logo.svg"},
         "offering": {"tagline": "Older", "summary": None, "tags": ["byop"]},
         "listing": {"list_price": {"currency": "EUR", "price_data": {"type": "image", "price": "0.04"}},
                     "service_options": {"subscription_limit": 3},
                     "user_access_interfaces": [{"name": "Web API", "base_url": "${GATEWAY_BASE_URL}/acme",
                                                 "api_key": "${ secrets.GROQ_API_KEY }"}]}},
    ])  # fmt: skip
    def test_is_what_the_packages_accept(self, changes):
        checked = check(**changes)

        assert checked.is_valid
        ProviderV1.model_validate(checked.provider)
        OfferingV1.model_validate(checked.offering)
        wire_only = {f"documents.{title}.file_content": None for title in checked.listing["documents"]}
        listing = changed(checked.listing, wire_only)
        for document in listing["documents"].values():
            document.pop("file_content")
        ListingV1.model_validate(listing)

    def test_of_the_sample_was_accepted_by_them_before(self):
        ProviderV1.model_validate(PROVIDER)
        OfferingV1.model_validate(OFFERING)
        ListingV1.model_validate({**LISTING, "documents": {}})


class TestSeller:
    def test_file_of_the_documentation_is_valid(self):
        checked = validate_seller(
            {
                "schema": "seller_v1",
                "name": "acme-corp",
                "display_name": "ACME Corporation",
                "seller_type": "corporation",
                "description": "Premium AI services marketplace",
                "contact_email": "business@acme.com",
                "homepage": "https://acme.com",
                "time_created": "2024-01-10T12:00:00Z",
                "status": "ready",
                "is_verified": True,
            }
        )

        assert checked.is_valid
        assert "is_verified" not in checked.content
        assert [problem.text for problem in checked.warnings] == [
            "is_verified: set by the platform, not by a file; ignored"
        ]
