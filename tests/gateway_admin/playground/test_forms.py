"""What a customer writes into the form, and what of it is sent."""

from __future__ import annotations

import pytest

from gateway_admin.playground.forms import CallForm


def form(**fields: str) -> CallForm:
    return CallForm({"method": "POST", "path": "p/acme/chat", "headers": "", "body": ""} | fields)


class TestPath:
    @pytest.mark.parametrize(
        ("written", "sent"),
        [
            ("p/acme/chat?x=1", "p/acme/chat?x=1"),
            ("/a/llm", "a/llm"),
            ("  e/AB12 ", "e/AB12"),
            ("http://gateway.example/p/x", "p/x"),
        ],
    )
    def test_may_be_written_with_or_without_the_gateway(self, settings, written, sent):
        settings.API_GATEWAY_BASE_URL = "http://gateway.example"
        made = form(path=written)

        assert made.is_valid(), made.errors
        assert made.cleaned_data["path"] == sent

    @pytest.mark.parametrize(
        "hostile", ["admin/", "http://elsewhere.example/p/x", "p/a b", "p/a\r\nx: y", "p/a\tb", "", "market"]
    )
    def test_leads_nowhere_but_to_the_gateway(self, settings, hostile):
        settings.API_GATEWAY_BASE_URL = "http://gateway.example"
        assert "path" in form(path=hostile).errors


class TestHeaders:
    def test_are_lines_of_name_and_value(self):
        made = form(headers="Accept: text/plain\n\n X-Trace:  a:b \r\n")

        assert made.is_valid()
        assert made.cleaned_data["headers"] == (("accept", "text/plain"), ("x-trace", "a:b"))

    @pytest.mark.parametrize(
        "hostile",
        [
            "authorization: Bearer svcpass_other",
            "X-Api-Key: x",
            "Host: elsewhere",
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "X-Forwarded-For: 10.0.0.1",
            "Cookie: sessionid=1",
            "no colon",
            "bad name: x",
            "x: a\x0bb",
            "x: \u20ac",
        ],
    )
    def test_that_are_not_the_customers_to_write_are_refused(self, hostile):
        made = form(headers=hostile)

        assert "headers" in made.errors


class TestBody:
    @pytest.mark.parametrize("body", ['{"a": "\\ud800"}', '{"a": NaN}', '{"a":' * 300 + "1" + "}" * 300, "[1]", "no"])
    def test_is_sent_as_it_is_and_read_where_it_is_an_object_that_can_be_written_again(self, body):
        made = form(body=body)

        assert made.is_valid()
        assert (made.sent_body, made.body_json) == (body.encode(), None)

    def test_is_sent_as_it_stands_with_plain_ends_of_lines(self):
        made = form(body='{"a": 1,\r\n "b": 2}')

        assert made.is_valid()
        assert made.sent_body == b'{"a": 1,\n "b": 2}'
        assert made.body_json == {"a": 1, "b": 2}

    def test_is_none_with_methods_that_have_none(self):
        made = form(method="GET", body="{}")

        assert made.is_valid()
        assert made.sent_body == b""

    @pytest.mark.parametrize("body", ["", "[1]", "no json", "[" * 100_000])
    def test_need_not_be_json(self, body):
        made = form(body=body)

        assert made.is_valid()
        assert made.body_json is None
