"""What follows from a service's files: its name, the types of its channels, their secrets, whether to enroll."""

from __future__ import annotations

import pytest

from marketplace.catalog.files.names import service_name
from tests.marketplace.catalog.files.samples import CHANNEL, CITY, INTERFACE, MISSING, check, texts


class TestServiceName:
    @pytest.mark.parametrize(("offering", "listing", "legacy", "expected"), [
        ("gpt-4", "openai/gpt-4", False, "openai/gpt-4"),
        ("gpt-4", "openai/gpt-4", True, "openai/gpt-4"),
        ("gpt-4", "fast", False, "fast"),
        ("gpt-4", None, False, "gpt-4"),
        ("gpt-4", None, True, "gpt-4"),
        ("gpt-4", "default", True, "gpt-4"),
        ("gpt-4", "listing", True, "gpt-4"),
        ("gpt-4", "gpt-4", True, "gpt-4"),
        ("gpt-4", "listing-premium", True, "gpt-4@premium"),
        ("gpt-4", "listing-default", True, "gpt-4"),
        ("gpt-4", "premium", True, "gpt-4@premium"),
        ("gpt-4", "Premium Access!", True, "gpt-4@premium-access"),
        ("gpt-4@eu", "listing-premium", True, "gpt-4@eu-premium"),
        ("", "premium", True, "premium"),
        (None, None, False, ""),
        (7, ["x"], True, ""),
    ])  # fmt: skip
    def test_is_the_listings_or_the_offerings(self, offering, listing, legacy, expected):
        assert service_name({"name": offering}, {"name": listing}, legacy=legacy) == expected

    def test_is_required_of_one_of_them(self):
        checked = check(offering={"name": MISSING}, listing={"name": MISSING})

        assert texts(checked.problems) == ["offering_data.name: required", "listing_data.name: required"]


CHANNELS = [
    ({"base_url": "https://a.example"}, "managed"),
    ({"base_url": "https://a.example", "api_key": "${ secrets.ACME_KEY }"}, "managed"),
    ({"base_url": "https://a.example", "api_key": "${ customer_secrets.X }"}, "byok"),
    ({"base_url": "https://a.example", "headers": {"X-Key": "${ customer_secrets.X ?? none }"}}, "byok"),
    ({"base_url": "${ customer_secrets.URL }"}, "byoe"),
    ({"base_url": "https://${ customer_secrets.HOST }/v1", "api_key": "${ customer_secrets.X }"}, "byoe"),
    ({"access_method": "smtp", "host": "${ customer_secrets.HOST }"}, "byoe"),
    ({"storage_type": "s3", "s3_endpoint": "${ customer_secrets.END }", "bucket": "x"}, "byoe"),
    ({"base_url": "https://a.example", "raw": {"api_key": "${ customer_secrets.X }"}}, "byok"),
    ({"base_url": "https://a.example", "raw": {"base_url": "${ customer_secrets.URL }"}}, "byoe"),
    ({"base_url": "https://a.example/{{ enrollment.code }}"}, "enrollable"),
    ({"base_url": "https://a.example", "api_key": "${ customer_secrets.{{ params.city }} }"}, "enrollable"),
    ({"base_url": "https://a.example/{{ routing_vars.zone }}"}, "managed"),
    ({"base_url": "https://a.example/{{ service_name }}"}, "managed"),
]  # fmt: skip
OPTIONS = {"ops_testing_parameters": {"city": "BERN"}, "routing_vars": {"zone": "eu"}}


class TestChannelType:
    @pytest.mark.parametrize(("channel", "expected"), CHANNELS)
    def test_is_derived_from_what_it_reads(self, channel, expected):
        schema = {"user_parameters_schema": CITY} if "params" in str(channel) else {}

        checked = check(offering={CHANNEL: channel}, listing={"service_options": OPTIONS, **schema})

        assert texts(checked.problems) == []
        assert checked.channels[0].type == expected
        assert checked.channel_types == (expected,)

    def test_of_a_sleeping_channel_does_not_count(self):
        sleeping = {"base_url": "https://a.example", "api_key": "${ customer_secrets.X }", "is_active": False}

        assert check(offering={"upstream_access_config.second": sleeping}).channel_types == ("managed",)


class TestSecrets:
    def test_are_gathered_by_owner_and_need(self):
        channel = {
            "base_url": "https://a.example",
            "api_key": "${ secrets.ACME_KEY }",
            "headers": {"A": "${ customer_secrets.B } ${customer_secrets.A ?? }", "C": "${ customer_secrets.B ?? b }"},
        }

        checked = check(offering={CHANNEL: channel})

        assert checked.seller_secrets == {"ACME_KEY"}
        assert checked.customer_secrets_required == ("B",)
        assert checked.customer_secrets_optional == ("A",)

    def test_that_a_parameter_chooses_are_named_by_the_parameter(self):
        channel = {"base_url": "https://a.example", "api_key": "${ customer_secrets.{{ params.city }} }"}

        checked = check(
            offering={CHANNEL: channel},
            listing={
                "user_parameters_schema": CITY,
                "service_options": {"ops_testing_parameters": {"city": "BERN_KEY"}},
            },
            require_test_secrets=True,
        )

        assert checked.channels[0].secret_parameters == ("city",)
        assert [problem.type for problem in checked.problems] == ["missing_secret"]
        assert "'BERN_KEY'" in checked.problems[0].message

    def test_with_a_default_may_be_missing(self):
        assert check(offering={f"{CHANNEL}.api_key": "${ secrets.GONE ?? none }"}).is_valid

    def test_of_the_seller_are_not_looked_for_when_nobody_knows_them(self):
        assert check(offering={f"{CHANNEL}.api_key": "${ secrets.GONE }"}, seller_secret_names=None).is_valid

    def test_of_testing_parameters_exist_too(self):
        checked = check(listing={"service_options": {"ops_testing_parameters": {"api_key": "${ secrets.GONE }"}}})

        assert texts(checked.problems) == [
            "listing_data.service_options.ops_testing_parameters.api_key: secret 'GONE' does not exist in your account"
        ]

    @pytest.mark.parametrize(
        "base_url", ["${ customer_secrets.URL }", "{{ params.city }}", "https://{{ params.city }}/v1"]
    )
    def test_of_the_seller_never_go_to_a_host_that_the_customer_chooses(self, base_url):
        checked = check(
            offering={f"{CHANNEL}.base_url": base_url},
            listing={"user_parameters_schema": CITY, "service_options": OPTIONS},
        )

        assert "secret_destination" in [problem.type for problem in checked.problems] or not checked.is_valid
        assert any("your secret 'ACME_KEY' would be sent there" in problem.message for problem in checked.problems)

    def test_do_not_belong_into_an_interface(self):
        checked = check(listing={f"{INTERFACE}.routing_key": {"model": "${ secrets.ACME_KEY }"}})

        assert [problem.type for problem in checked.problems] == ["secret"]

    def test_are_not_chosen_by_the_customer_among_the_sellers(self):
        checked = check(offering={f"{CHANNEL}.api_key": "${ secrets.{{ params.city }} }"})

        assert "is not a valid reference" in checked.problems[0].message


ENROLLMENT = {"base_url": "https://a.example/{{ enrollment.code }}"}


class TestEnrollment:
    @pytest.mark.parametrize(("changes", "reasons"), [
        ({}, ()),
        ({"offering": {f"{CHANNEL}.api_key": "${ customer_secrets.X }"}}, ()),
        ({"listing": {"user_parameters_schema": {"type": "object", "properties": {"city": {}}}}},
         ("it has parameters",)),
        ({"listing": {"user_parameters_schema": {"type": "object"}}}, ()),
        ({"listing": {"user_parameters_schema": {}}}, ()),
        ({"offering": {CHANNEL: ENROLLMENT}}, ("each enrollment has an address of its own",)),
        ({"listing": {f"{INTERFACE}.base_url": "${API_GATEWAY_BASE_URL}/acme/{{ enrollment.code }}"}},
         ("each enrollment has an address of its own",)),
        ({"listing": {"service_options": {"prompt_recurrence": True}}}, ("it is called on a schedule",)),
        ({"listing": {"service_options": {"enrollment": {"required": True}}}}, ("the seller requires it",)),
        ({"listing": {"service_options": {"enrollment": {"limit": 3}}}}, ()),
        ({"listing": {"list_price": {"type": "one_month", "price": "9.00"}}}, ("it is paid by the month",)),
        ({"offering": {"upstream_access_config.plus": ENROLLMENT}}, ()),
        ({"offering": {"upstream_access_config.plus": ENROLLMENT},
          "listing": {"service_options": {"enrollment": {"required": True}}}}, ("the seller requires it",)),
        ({"offering": {f"{CHANNEL}.params": {"schema": CITY, "testing_defaults": {"city": "Bern"}},
                       f"{CHANNEL}.headers": {"X-City": "{{ params.city }}"}}}, ("it has parameters",)),
    ])  # fmt: skip
    def test_is_required_for_a_reason(self, changes, reasons):
        checked = check(**changes)

        assert texts(checked.problems) == []
        assert checked.enrollment_reasons == reasons
        assert checked.requires_enrollment is bool(reasons)


class TestParametersOfAChannel:
    def test_become_the_services(self):
        channel = {"schema": CITY, "testing_defaults": {"city": "Bern"}}
        checked = check(offering={f"{CHANNEL}.params": channel, f"{CHANNEL}.headers": {"X-City": "{{ params.city }}"}})

        assert checked.parameters == CITY
        assert checked.testing_parameters == {"city": "Bern"}

    @pytest.mark.parametrize(("offering", "listing", "told"), [
        ({f"{CHANNEL}.params": {"schema": CITY}, f"{CHANNEL}.headers": {"X": "{{ params.city }}"}}, {},
         "offering_data.upstream_access_config.default.params: "
         "required parameter(s) city need a value in testing_defaults"),
        ({f"{CHANNEL}.params": {"schema": CITY, "testing_defaults": {"city": "x"}}}, {},
         "offering_data.upstream_access_config.default.params.schema: "
         "Required user parameter(s) city are used nowhere; reference {{ params.city }} or make it optional"),
        ({f"{CHANNEL}.params": {"schema": {"type": "object"}},
          "upstream_access_config.plus": {"base_url": "https://a.example", "headers": {"X": "{{ params.city }}"}}}, {},
         "offering_data.upstream_access_config.plus: reads parameters, but declares none. "
         "Declare them in its params.schema"),
        ({f"{CHANNEL}.params": {"schema": CITY, "testing_defaults": {"city": "x"}},
          f"{CHANNEL}.headers": {"X": "{{ params.city }}"}},
         {"user_parameters_schema": {"type": "object", "properties": {"zip": {}}}},
         "listing_data.user_parameters_schema: parameters are declared here and in the channel default. "
         "Declare them in the channels only"),
    ])  # fmt: skip
    def test_are_declared_where_they_are_read(self, offering, listing, told):
        assert told in texts(check(offering=offering, listing=listing).problems)


class TestTestingValue:
    def test_that_does_not_fit_the_schema_is_told(self):
        schema = {"type": "object", "properties": {"days": {"type": "integer"}, "key": {"type": "integer"}}}
        values = {"days": "two", "key": "${ secrets.ACME_KEY }"}

        checked = check(
            listing={"user_parameters_schema": schema, "service_options": {"ops_testing_parameters": values}}
        )

        assert texts(checked.warnings) == [
            "listing_data.service_options.ops_testing_parameters.days: does not fit the schema: "
            "'two' is not of type 'integer'"
        ]


class TestSubmitting:
    def test_needs_the_content_of_presets(self):
        checked = check(listing={"documents": {"Connection": {"$doc_preset": "api_connectivity"}}}, for_submit=True)

        assert texts(checked.problems) == [
            "listing_data.documents.Connection: has no content yet. "
            "Upload it with the sellers' tools, which fill in presets"
        ]


class TestPriceOfAChannel:
    def test_that_does_not_exist_is_told(self):
        one = {"type": "constant", "price": "1"}

        checked = check(
            listing={
                "list_price": {"type": "channel", "default": "default", "channels": {"default": one, "defalt": one}}
            }
        )

        assert texts(checked.warnings) == [
            "listing_data.list_price.channels.defalt: no channel of the offering has this name (did you mean default?)"
        ]
