"""Transformers are read at upload by what applies them later: what cannot be read is told with its place."""

from __future__ import annotations

import pytest

from marketplace.catalog.files.channels import check_channels
from marketplace.catalog.files.problems import Findings
from marketplace.catalog.files.templates import Names

NAMES = Names(frozenset(), frozenset())


def findings(**fields: object) -> Findings:
    found = Findings("offering_data", ("upstream_access_config",))
    channel = {"base_url": "https://a.example", **fields}
    check_channels({"default": channel}, found, NAMES, forward_hosts=())
    return found


def problems(transformer: object, *, raw: bool = True) -> list[str]:
    block = {"request_transformer": transformer}
    found = findings(**({"raw": block} if raw else block))
    return [problem.text.removeprefix("offering_data.upstream_access_config.default.") for problem in found.problems]


def body(template: str) -> dict:
    return {"body_transformer": {"request": {"input_format": "json", "template": template}}}


class TestTransformers:
    @pytest.mark.parametrize("raw", [True, False])
    def test_that_can_be_read_pass(self, raw):
        good = {
            **body('{"t": {* _escape_json(_body.t or "") *}}'),
            "proxy_rewrite": {"method": "POST", "headers": {"set": {"Content-Type": "application/json"}}},
        }
        assert problems(good, raw=raw) == []

    def test_outside_the_language_are_told_with_their_place(self):
        (problem,) = problems(body("{* os.execute(1) *}"))
        assert problem.startswith(
            "raw.request_transformer.body_transformer.request.template: 'os' is not in the language"
        )

    @pytest.mark.parametrize(
        ("transformer", "place"),
        [
            ({"proxy_rewrite": {"method": "STEAL"}}, "proxy_rewrite.method"),
            ({"proxy_rewrite": {"headers": {"set": {"Host": "x"}}}}, "proxy_rewrite.headers.set"),
            ({"proxy_rewrite": {"uri": "https://elsewhere.example"}}, "proxy_rewrite.uri"),
            ({"proxy_rewrite": {"host": "${ customer_secrets.X }"}}, "proxy_rewrite.host"),
            ({"body_transformer": {"request": {"input_format": "xml", "template": "x"}}}, "body_transformer.request"),
            ({"llm_translator": "latin_to_greek"}, "llm_translator"),
            (body("{* _body.a"), "body_transformer.request.template"),
        ],
    )
    def test_that_cannot_be_read_are_refused(self, transformer, place):
        (problem,) = problems(transformer)
        assert problem.startswith(f"raw.request_transformer.{place}: ")

    def test_that_nobody_knows_are_stored_with_a_warning(self):
        (problem,) = problems({"proxy_rewritte": {}})
        assert "unknown transformer" in problem

    @pytest.mark.parametrize("raw", [True, False])
    def test_that_the_gateway_does_not_carry_are_refused_in_words(self, raw):
        (problem,) = problems({"msg_transformer": {"kind": "chat"}}, raw=raw)
        assert "msg_transformer: this gateway does not carry it" in problem
        assert "body_transformer" in problem


class TestResponseRules:
    def test_that_can_be_read_are_taken_without_a_word(self):
        quota = {"condition": "body.code == 7", "status": 429, "message": "Come back at {{ body.at }}."}
        assert findings(response_rules={"fault": "{{ body.error }}", "quota": quota}).problems == []

    def test_that_say_nothing_are_not_spoken_of(self):
        assert findings(response_rules={}).problems == []

    @pytest.mark.parametrize(
        ("rule", "told"),
        [
            ("{% if body.error %}x{% endif %}", "r: a rule that is a text is one condition in braces"),
            ("{{ bdy.error }}", "r: unknown name 'bdy' at column 1 (did you mean body?)"),
            ({"ok": True}, "r.ok: unknown field. A rule has condition, status, message"),
            ({"status": 429}, "r.condition: required"),
            ({"condition": "body.x", "status": 200}, "r.status: must be a status of a failure"),
            ({"condition": "body.x", "message": "{{ f() }}"}, "r.message: Call is not allowed"),
        ],
    )
    def test_that_cannot_be_read_are_refused(self, rule, told):
        (problem,) = findings(response_rules={"r": rule}).problems
        assert problem.severity == "error"
        assert f"response_rules.{told}" in problem.text
