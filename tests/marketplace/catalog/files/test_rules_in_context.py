"""Rules that depend on settings, on what is stored, or on several parts at once. Numbers as in test_rules.py."""

from __future__ import annotations

import pytest

from tests.marketplace.catalog.files.samples import CHANNEL, CITY, INTERFACE, check, texts

MCP_OFFERING = {
    "service_type": "mcp",
    "upstream_access_config": {"main": {"access_method": "mcp", "base_url": "https://mcp.acme.example"}},
}
MCP_INTERFACE = {
    "access_method": "mcp",
    "base_url": "${MCP_GATEWAY_BASE_URL}",
    "routing_key": {"namespace": "acme_tools"},
}
SMTP = {"base_url": "${SMTP_GATEWAY_BASE_URL}", "access_method": "smtp"}
SIGV4 = {"base_url": "https://b.acme.example", "api_key": "__sigv4__", "access_key": "${ secrets.A }"} | {
    "secret_key": "${ secrets.B }"
}


class TestRule:
    @pytest.mark.parametrize(("known", "wanted", "said"), [
        ({"ACME_KEY"}, True, True),
        ({"ACME_KEY", "GROQ_API_KEY"}, True, False),
        ({"ACME_KEY"}, False, False),
    ])  # fmt: skip
    def test_13_a_required_customer_secret_needs_one_of_the_seller_for_tests(self, known, wanted, said):
        result = check(
            offering={f"{CHANNEL}.api_key": "${ customer_secrets.GROQ_API_KEY }"},
            seller_secret_names=frozenset(known),
            require_test_secrets=wanted,
        )

        assert (
            texts(result.problems)
            == [
                "offering_data.upstream_access_config.default: Customer secret 'GROQ_API_KEY' "
                "needs a seller secret of the same name so the platform can test the service"
            ]
            * said
        )

    @pytest.mark.parametrize(("options", "schema", "said"), [
        ({}, CITY, True),
        ({"ops_testing_parameters": {"city": "Bern"}}, CITY, False),
        ({}, {**CITY, "properties": {"city": {"type": "string", "default": "Bern"}}}, False),
    ])  # fmt: skip
    def test_16_required_parameters_have_a_value_for_tests(self, options, schema, said):
        result = check(
            offering={f"{CHANNEL}.base_url": "https://api.acme.example/{{ params.city }}"},
            listing={"user_parameters_schema": schema, "service_options": options},
        )

        sentence = (
            "listing_data.service_options.ops_testing_parameters: "
            "Required parameters missing default values in service_options.ops_testing_parameters: ['city']"
        )
        assert texts(result.problems) == [sentence] * said

    @pytest.mark.parametrize(("where", "said"), [
        ({}, True),
        ({"offering": {f"{CHANNEL}.headers": {"X-City": "{{ params.city }}"}}}, False),
        ({"offering": {f"{CHANNEL}.description": "{{ params.city }}"}}, True),
        ({"listing": {f"{INTERFACE}.routing_key": {"model": "{{ params.city }}"}}}, False),
        ({"listing": {"documents.Guide 1": {"category": "tutorial", "mime_type": "markdown",
                                            "file_content": "Weather in {{ params.city }}"}}}, False),
        ({"offering": {f"{CHANNEL}.request_transformer": {"set_body": "{{ enrollment.parameters | tojson }}"}}}, False),
    ])  # fmt: skip
    def test_17_required_parameters_are_used(self, where, said):
        listing = {
            "user_parameters_schema": CITY,
            "service_options": {"ops_testing_parameters": {"city": "Bern"}},
            **where.get("listing", {}),
        }

        result = check(offering=where.get("offering"), listing=listing)

        sentence = (
            "listing_data.user_parameters_schema: Required user parameter(s) city are used nowhere; "
            "reference {{ params.city }} or make it optional"
        )
        assert texts(result.problems) == [sentence] * said

    @pytest.mark.parametrize(("for_submit", "errors", "warnings"), [(False, 0, 1), (True, 1, 0)])
    def test_20_a_connectivity_test_is_needed_to_submit(self, for_submit, errors, warnings):
        result = check(listing={"documents": {}}, for_submit=for_submit)

        sentence = "listing_data.documents: add at least one document with category connectivity_test"
        assert texts(result.problems) == [sentence] * errors
        assert texts(result.warnings) == [sentence] * warnings

    def test_20_a_connectivity_test_is_never_public(self):
        result = check(listing={"documents.Connection.is_public": True})

        assert result.problems == ()
        assert texts(result.warnings) == [
            "listing_data.documents.Connection.is_public: a connectivity_test is never shown to customers, "
            "whatever is said here. Leave is_public out"
        ]

    @pytest.mark.parametrize(("blobs", "said"), [(None, False), ({}, True), ({"9f3c0123456789abcdef.md": b"#"}, False)])
    def test_21_an_uploaded_document_is_there(self, blobs, said):
        document = {
            "category": "getting_started",
            "mime_type": "markdown",
            "external_url": "${UNITYSVC_S3_BASE_URL}/9f3c0123456789abcdef.md",
        }

        result = check(listing={"documents.Quick start": document}, blobs=blobs)

        assert (
            texts(result.problems)
            == ["listing_data.documents.'Quick start': blob 9f3c….md was never uploaded. Upload the file first"] * said
        )

    def test_21_a_document_has_content(self):
        result = check(listing={"documents.Quick start": {"category": "tutorial", "mime_type": "markdown"}})

        assert texts(result.problems) == [
            "listing_data.documents.'Quick start': has no content. Give file_path, external_url or file_content"
        ]

    @pytest.mark.parametrize(("listing", "sentence"), [
        ({"access_method": "http"}, "access_method: must be mcp for the MCP gateway (got 'http')"),
        ({"base_url": "${MCP_GATEWAY_BASE_URL}/x"},
         "base_url: must be exactly ${MCP_GATEWAY_BASE_URL} (got '${MCP_GATEWAY_BASE_URL}/x'). "
         "Use routing_key.namespace"),
        ({"routing_key": {}}, "routing_key.namespace: required for the MCP gateway"),
        ({"routing_key": {"namespace": "Acme-Tools"}},
         "routing_key.namespace: at most 24 lowercase letters, digits and '_', a letter or digit first "
         "(got 'Acme-Tools')"),
    ])  # fmt: skip
    def test_25_an_mcp_interface_is_whole(self, listing, sentence):
        offering = dict(MCP_OFFERING)
        whole = check(offering=offering, listing={"user_access_interfaces": {"tools": MCP_INTERFACE}})
        broken = check(offering=offering, listing={"user_access_interfaces": {"tools": MCP_INTERFACE | listing}})

        assert texts(whole.problems) == []
        assert texts(broken.problems) == [f"listing_data.user_access_interfaces.tools.{sentence}"]

    def test_26_what_only_a_payout_may_use_is_refused_in_a_list_price(self):
        price = {"type": "add", "prices": [{"type": "revenue_share", "percentage": "80"}]}

        as_list = check(listing={"list_price": price})
        as_payout = check(offering={"payout_price": price})

        assert texts(as_list.problems) == [
            "listing_data.list_price.prices[0]: 'revenue_share' is only allowed in payout_price"
        ]
        assert texts(as_payout.problems) == []

    def test_32_an_unknown_key_at_the_top_of_a_part_is_only_a_word(self):
        result = check(provider={"homepag": "x"}, offering={"colour": "x"}, listing={"statu": "x"})

        assert result.is_valid
        assert texts(result.warnings) == [
            "provider_data.homepag: unknown field, ignored (did you mean homepage?)",
            "offering_data.colour: unknown field, ignored",
            "listing_data.statu: unknown field, ignored (did you mean status?)",
        ]
