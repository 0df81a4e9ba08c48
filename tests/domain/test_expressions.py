"""Membership rules: what they say of a service, and what is refused at which column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.expressions import NAMES, ExpressionError, evaluate, parse

FACTS = {
    "service_id": "s1",
    "seller_name": "acme",
    "provider_name": "openai",
    "name": "openai/gpt-4",
    "service_type": "llm",
    "listing_type": "byoe",
    "status": "active",
    "tags": ["premium", "byok", "input"],
    "is_featured": False,
}


class TestRule:
    @pytest.mark.parametrize(("source", "expected"), [
        ("service_type == 'llm'", True),
        ("service_type != 'llm'", False),
        ("provider_name == 'openai'", True),
        ("service_type in ('llm', 'embedding', 'tts')", True),
        ("service_type not in ['llm']", False),
        ("service_type in {'llm'}", True),
        ("provider_name == 'fireworks' and service_type == 'llm'", False),
        ("provider_name == 'fireworks' or service_type == 'llm'", True),
        ("'premium' in tags", True),
        ("'gold' not in tags", True),
        ("'input' in tags", True),
        ("'gpt' in name", True),
        ("is_featured", False),
        ("not is_featured", True),
        ("is_featured == False", True),
        ("seller_id == None", True),
        ("not (is_featured or status == 'draft')", True),
        ("'a' < name < 'z'", True),
        ("provider_name in [seller_name, 'openai']", True),
        ("tags == ('premium', 'byok', 'input')", True),
        ("listing_type == 'self_hosted'", True),
        ("listing_type in ('regular', 'byok')", False),
        ("'byop' in tags", True),
        ("name == 'Zürich'", False),
        ("True", True),
        ("  service_type == 'llm'  ", True),
        ("-1 < 2", True),
    ])  # fmt: skip
    def test_tells_members(self, source, expected):
        membership = evaluate(parse(source), FACTS)

        assert (membership.is_member, membership.diagnostic) == (expected, "")

    @pytest.mark.parametrize(("source", "diagnostic"), [
        ("name < 3", "'<' compares two texts or two numbers"),
        ("3 in name", "'in' needs a list, or a text in a text"),
        ("'x' in is_featured", "'in' needs a list, or a text in a text"),
        ("seller_id > 'a'", "'>' compares two texts or two numbers"),
    ])  # fmt: skip
    def test_that_cannot_be_answered_admits_nobody_and_says_why(self, source, diagnostic):
        membership = evaluate(parse(source), FACTS)

        assert (membership.is_member, membership.diagnostic) == (False, diagnostic)

    @pytest.mark.parametrize("name", NAMES)
    def test_may_ask_for_every_documented_name(self, name):
        assert evaluate(parse(f"{name} == {name}"), FACTS).is_member


class TestRefusal:
    @pytest.mark.parametrize(("source", "message"), [
        ("provider == 'openai'", "unknown name 'provider' at column 1 (did you mean provider_name?)"),
        ("  provider == 'openai'", "unknown name 'provider' at column 3 (did you mean provider_name?)"),
        ("'é' == name and servce_type", "unknown name 'servce_type' at column 17 (did you mean service_type?)"),
        ("len(tags) > 1", "'len(...)' is not allowed; functions cannot be called in a rule at column 1"),
        ("any(tags)", "'any(...)' is not allowed; functions cannot be called in a rule at column 1"),
        ("name.startswith('x')", "'.startswith' is not allowed; compare with ==, in or < at column 1"),
        ("__import__('os').system('id')", "'.system' is not allowed; compare with ==, in or < at column 1"),
        ("().__class__", "'.__class__' is not allowed; compare with ==, in or < at column 1"),
        ("name is None", "'is' is not allowed; use == or != at column 1"),
        ("name == 1.5", "only texts, whole numbers, True, False and None are allowed at column 9"),
        ("name == b'x'", "only texts, whole numbers, True, False and None are allowed at column 9"),
        ("", "the expression is empty at column 1"),
        ("   ", "the expression is empty at column 1"),
        ("name ==", "syntax error: invalid syntax at column 8"),
        ("name == 'a\\x5f'", "'\\' is not allowed at column 11"),
        ("name == 'a'\nor True", "control characters are not allowed at column 12"),
        ("_＿𝐢mport_＿('os').getpid()", "'＿' is only allowed inside quotes at column 2"),
        ("𝐧𝐚𝐦𝐞 == 'x'", "'𝐧' is only allowed inside quotes at column 1"),
        ("x" * 1001, "the expression is longer than 1000 characters at column 1000"),
        ("name == '" + "x" * 201 + "'", "a text is longer than 200 characters at column 9"),
    ])  # fmt: skip
    def test_names_what_and_where(self, source, message):
        with pytest.raises(ExpressionError) as caught:
            parse(source)

        assert caught.value.message == message

    @pytest.mark.parametrize("source", [
        "9**9**9**9", "name + 'x'", "-name", "~1", "lambda: 1", "[x for x in tags]", "name if is_featured else 1",
        "f'{name}'", "(y := 1)", "tags[0]", "*tags", "{'a': 1}", "...", "await name", "not " * 240 + "name",
        "(" * 400 + ")",
        "-" * 900 + "1", "name in (" + "1," * 250 + ")", "1 if 1 else 1", "name; name", "import os", "print(1)", "1or",
        "name == '{0.\\x5f}'.format(name)", "'" * 3 + "x" + "'" * 3 + " in tags; 1",
    ])  # fmt: skip
    def test_leaves_nothing_but_comparisons(self, source):
        with pytest.raises(ExpressionError):
            parse(source)

    @given(st.text(alphabet="()[]{}'\"=<>!,.+-*/ \\nametgsorif123_éx:", max_size=80))
    def test_or_a_rule_is_all_that_comes_of_any_text(self, source):
        try:
            rule = parse(source)
        except ExpressionError as error:
            assert 1 <= error.column <= len(source) + 2
            return
        evaluate(rule, FACTS)
