"""What a customer agrees to, read from files as sellers write them."""

from __future__ import annotations

import pytest

from domain import enrollment_terms as terms
from domain.enrollment_terms import Destination


def channel(**config):
    return {"upstream_access_config": {"main": config}}


class TestLimits:
    @pytest.mark.parametrize("said", [True, False, 0, -1, "5", 2.0, None, [5]])
    def test_anything_but_a_positive_integer_is_no_limit(self, said):
        enrollment = {"limit": said, "limit_per_customer": said, "limit_per_user": said}

        assert terms.limits({"service_options": {"enrollment": enrollment}}) == terms.Limits(None, None, None)

    def test_each_limit_has_its_name(self):
        enrollment = {"limit": 100, "limit_per_customer": 5, "limit_per_user": 2}

        assert terms.limits({"service_options": {"enrollment": enrollment}}) == terms.Limits(5, 2, 100)

    @pytest.mark.parametrize("listing", [{}, {"service_options": None}, {"service_options": {"enrollment": []}}])
    def test_a_listing_that_says_nothing_has_none(self, listing):
        assert terms.limits(listing) == terms.Limits(None, None, None)


class TestParameterForm:
    A = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    B = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["b"]}

    def test_comes_from_the_listing(self):
        listing = {"user_parameters_schema": self.A, "user_parameters_ui_schema": {"a": {"ui:widget": "textarea"}}}

        form = terms.parameter_form(listing, {})

        assert (form.schema, form.ui_schema) == (self.A, {"a": {"ui:widget": "textarea"}})

    def test_comes_from_the_channel_that_declares_its_own(self):
        form = terms.parameter_form({}, channel(params={"schema": self.A, "ui_schema": {"ui:order": ["a"]}}))

        assert (form.schema, form.ui_schema) == (self.A, {"ui:order": ["a"]})

    def test_of_several_channels_asks_for_all(self):
        channels = {"one": {"params": {"schema": self.A}}, "two": {"params": {"schema": self.B}}}

        form = terms.parameter_form({}, {"upstream_access_config": channels})

        assert form.schema["properties"] == {"a": {"type": "string"}, "b": {"type": "string"}}
        assert form.schema["required"] == ["a", "b"]

    def test_channels_out_of_use_ask_for_nothing(self):
        assert terms.parameter_form({}, channel(is_active=False, params={"schema": self.A})).is_empty


class TestDestinations:
    @pytest.mark.parametrize(
        ("config", "params", "expected"),
        [
            # the customer's own key at the provider's address
            (
                {"base_url": "https://API.Groq.com:443/openai", "api_key": "${ customer_secrets.GROQ_API_KEY }"},
                {},
                [("GROQ_API_KEY", "api.groq.com", True)],
            ),
            # with a default it is optional; in any string, however deep
            (
                {"base_url": "https://x.example", "headers": {"X-Key": ["a ${customer_secrets.K ?? none} b"]}},
                {},
                [("K", "x.example", False)],
            ),
            # an endpoint of the customer's own
            (
                {"base_url": "${ customer_secrets.URL }/v1", "api_key": "${ customer_secrets.KEY }"},
                {},
                [("KEY", "${ customer_secrets.URL }", True), ("URL", "${ customer_secrets.URL }", True)],
            ),
            # names chosen by parameters
            (
                {
                    "base_url": "${ customer_secrets.{{ params.url }} }",
                    "api_key": "${ customer_secrets.{{ params.key }} ?? }",
                },
                {"url": "MY_URL", "key": "MY_KEY"},
                [("MY_KEY", "${ customer_secrets.MY_URL }", False), ("MY_URL", "${ customer_secrets.MY_URL }", True)],
            ),
            # a parameter that names none
            (
                {"base_url": "https://x.example", "api_key": "${ customer_secrets.{{ params.key }} ?? }"},
                {"key": ""},
                [],
            ),
            # a host that a parameter chooses
            (
                {"base_url": "https://{{ params.region }}.x.example/", "api_key": "${ customer_secrets.K }"},
                {"region": "EU"},
                [("K", "eu.x.example", True)],
            ),
            # what is taken literally wins
            (
                {
                    "base_url": "https://x.example",
                    "raw": {"base_url": "https://y.example", "t": "${customer_secrets.K}"},
                },
                {},
                [("K", "y.example", True)],
            ),
            # a secret in the path goes to the host before it
            ({"base_url": "https://x.example/${ customer_secrets.TOKEN }/send"}, {}, [("TOKEN", "x.example", True)]),
            # mail and storage have other keys for the address
            (
                {"access_method": "smtp", "host": "mail.example", "password": "${customer_secrets.P}"},
                {},
                [("P", "mail.example", True)],
            ),
            (
                {"s3_endpoint": "https://s3.example", "secret_key": "${ customer_secrets.S }"},
                {},
                [("S", "s3.example", True)],
            ),
            # sellers' secrets are theirs
            ({"base_url": "https://x.example", "api_key": "${ secrets.SELLERS }"}, {}, []),
            ({"is_active": False, "base_url": "https://x.example", "api_key": "${ customer_secrets.K }"}, {}, []),
            # malformed text names nothing
            ({"base_url": "https://x.example", "api_key": "${ customer_secrets[0] }"}, {}, []),
            ({"base_url": "{{ params.a.b.c", "api_key": "${ customer_secrets.K }"}, {}, [("K", "", True)]),
        ],
    )
    def test_are_found(self, config, params, expected):
        found = terms.destinations(channel(**config), {"params": params})

        assert [(each.secret, each.host, each.is_required) for each in found] == expected

    def test_before_parameters_are_given_stand_with_the_parameter_that_will_name_them(self):
        config = channel(base_url="https://x.example", api_key="${ customer_secrets.{{ params.key }} }")

        assert terms.destinations(config, {}) == (Destination("", "key", "x.example", True),)

    @pytest.mark.parametrize(
        ("address", "host"),
        [
            ("https://x.example/{{ params.city }}", "x.example"),
            ("https://{{ params.region }}.x.example/", ""),
            ("https://x.example/{{ enrollment.code }}", "x.example"),
            ("${ customer_secrets.{{ params.url }} }", ""),
        ],
    )
    def test_before_parameters_are_given_name_the_host_if_it_does_not_depend_on_them(self, address, host):
        config = channel(base_url=address, api_key="${ customer_secrets.K }")

        assert {each.host for each in terms.destinations(config, {}) if each.secret == "K"} == {host}

    def test_are_told_once_and_required_if_one_of_them_is(self):
        config = channel(base_url="https://x.example", a="${customer_secrets.K ?? }", b="${customer_secrets.K}")

        assert terms.destinations(config, {}) == (Destination("K", "", "x.example", True),)
