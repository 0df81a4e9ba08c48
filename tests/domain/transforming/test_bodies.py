"""Body templates: the expressions that sellers write, what they make of a body, and what is refused."""

from __future__ import annotations

import json

import pytest

from domain.templating import MissingSecret
from domain.transforming.bodies import parse_body
from domain.transforming.errors import TransformerInvalid, TransformFailed

SECRETS = {("customer", "TARGETS"): "a,b", ("customer", "TOKEN"): 'k"1', ("seller", "KEY"): "s3cret"}


def made(template: str, body: object, *, raw: bool = True, context: dict | None = None) -> object:
    rendered = parse_body(template, raw=raw).render(body, context or {}, lambda *name: SECRETS.get(name))
    return json.loads(rendered)


class TestExpressions:
    @pytest.mark.parametrize(
        ("expression", "body", "expected"),
        [
            ("_escape_json(_body.title)", {"title": 'a "b"\n'}, 'a "b"\n'),
            ("_escape_json(_body.a.b.c)", {"a": {"b": {"c": 1}}}, 1),
            ("_escape_json(_body.missing.below)", {}, None),
            ('_escape_json(_body.body or "")', {}, ""),
            ('_escape_json("from " .. (_body.from or ""))', {"from": "me"}, "from me"),
            ('_escape_json((_body.a ~= "" and _body.b ~= "") and "\\n" or "")', {"a": "x", "b": ""}, ""),
            ('_escape_json((_body.a ~= "" and _body.b ~= "") and "\\n" or "")', {"a": "x", "b": "y"}, "\n"),
            ('({info=3,success=3,warning=4,failure=5})[_body.type or ""] or 3', {"type": "warning"}, 4),
            ('({info=3,success=3,warning=4,failure=5})[_body.type or ""] or 3', {"type": "other"}, 3),
            ('({["a b"]="x"})["a b"] == "x"', {}, True),
            ('_escape_json(customer_secrets.TARGETS or "")', {}, "a,b"),
            ('_escape_json(customer_secrets.NONE or "")', {}, ""),
            ('_escape_json("${ secrets.KEY }-" .. _body.n)', {"n": 7}, "s3cret-7"),
            ("_escape_json(_body.list[2])", {"list": ["a", "b"]}, "b"),
            ('_escape_json(_body["odd key"])', {"odd key": 1}, 1),
            ("_body.n == 1", {"n": 1}, True),
            ("_body.n == 1", {"n": True}, False),
            ("_escape_json(false or nil)", {}, None),
            ("-1.5", {}, -1.5),
            ("_escape_json(0 and 2)", {}, 2),  # in this language 0 is true
        ],
    )
    def test_are_those_of_the_documents(self, expression, body, expected):
        result = made("{* " + expression + " *}", body)
        assert (result, type(result)) == (expected, type(expected))

    @pytest.mark.parametrize(
        "expression",
        ["os.execute('x')", "_body:len()", "_body.a + 1", "function() end", "_G", "_body.a(", "(1", "_escape_json",
         "require('x')", "_body.a = 1", "#_body", "not _body.a", "a..", '"open', "[[x]]", "secrets.KEY", "_body..", "",
         "_body.a;os", "(" * 200 + "1" + ")" * 200],
    )  # fmt: skip
    def test_outside_the_language_are_refused(self, expression):
        with pytest.raises(TransformerInvalid):
            parse_body("{* " + expression + " *}", raw=True)

    def test_never_join_what_is_missing(self):
        with pytest.raises(TransformFailed):
            made('{* _escape_json("a" .. _body.b) *}', {})


class TestATemplate:
    def test_makes_the_body_of_a_real_channel(self):
        template = (
            '{"embeds":[{"title":{* _escape_json(_body.title) *},"description":{* _escape_json(_body.body) *},'
            '"footer":{"text":{* _escape_json("from " .. (_body.from or "")) *}}}]}'
        )
        assert made(template, {"title": "T", "body": "B"}) == {
            "embeds": [{"title": "T", "description": "B", "footer": {"text": "from "}}]
        }

    def test_escapes_a_secret_that_stands_in_its_text(self):
        assert made('{"token": "${ customer_secrets.TOKEN }"}', {}) == {"token": 'k"1'}

    def test_finds_the_secret_that_a_parameter_names(self):
        template = '{"t": "${ customer_secrets.{{ params.which }} }"}'
        assert made(template, {}, context={"params": {"which": "TOKEN"}}) == {"t": 'k"1'}

    def test_reads_no_other_template_in_the_literal_block(self):
        assert made('{"t": "{{ params.x }}"}', {}) == {"t": "{{ params.x }}"}
        assert made('{"t": "{{ params.x }}"}', {}, raw=False, context={"params": {"x": 'a"'}}) == {"t": 'a"'}

    def test_does_not_read_what_a_caller_sends_as_a_template(self):
        sent = {"title": "${ secrets.KEY } {* customer_secrets.TOKEN *}"}
        assert made('{"t": {* _escape_json(_body.title) *}}', sent) == {"t": sent["title"]}

    def test_says_when_the_result_is_not_json(self):
        with pytest.raises(TransformFailed, match="not JSON"):
            made('{"a": {* _body.a *}}', {"a": "x"})

    def test_names_a_secret_that_is_missing(self):
        with pytest.raises(MissingSecret):
            made('{"a": "${ secrets.NONE }"}', {})

    @pytest.mark.parametrize("template", ['{"a": {* _body.a }', "{% if x %}", '{"a": "${ secrets["X"] }"}'])
    def test_that_cannot_be_read_is_refused(self, template):
        with pytest.raises(TransformerInvalid):
            parse_body(template, raw=True)
