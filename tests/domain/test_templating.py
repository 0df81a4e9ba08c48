"""Templates of sellers: the language, where values may go, and what secrets come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.templating import (
    Component,
    MissingSecret,
    OutputTooLong,
    TemplateError,
    TemplateSyntaxError,
    UnknownName,
    ValueNotAllowed,
    parse,
    render,
    resolve_secrets,
    secret_references,
)

CONTEXT = {
    "params": {
        "city": "Bern",
        "days": 3,
        "ratio": 0.5,
        "fast": True,
        "none": None,
        "empty": "",
        "list": [1, "a"],
        "key": "GROQ_API_KEY",
        "sneaky": "${ secrets.SELLER }",
        "HOST_SECRET": "MY_HOST",
    },
    "enrollment": {"code": "CEFF", "id": "e1", "customer_id": "c1", "parameters": {"city": "Bern", "days": 3}},
    "routing_vars": {"host": "https://eu.acme.example"},
    "service_name": "acme/echo",
}
SECRETS = {
    ("customer", "GROQ_API_KEY"): "gsk-1",
    ("seller", "SELLER"): "top",
    ("customer", "MY_HOST"): "https://my.example",
}


def lookup(owner, name):
    return SECRETS.get((owner, name))


def rendered(text, component=Component.PLAIN):
    return render(parse(text), CONTEXT, component=component, secrets=lookup)


class TestExpression:
    @pytest.mark.parametrize(("text", "expected"), [
        ("plain", "plain"),
        ("", ""),
        ("{{ params.city }}", "Bern"),
        ("{{params.city}}", "Bern"),
        ("{{- params.city -}}", "Bern"),
        ("a {{ params.city }}-{{ enrollment.code }} b", "a Bern-CEFF b"),
        ("{{ params.days }} {{ params.ratio }} {{ params.fast }}", "3 0.5 true"),
        ("{{ enrollment.parameters.city }}", "Bern"),
        ("{{ service_name }}", "acme/echo"),
        ("{{ params.HOST_SECRET }}", "MY_HOST"),
        ('{{ params.gone | default("x") }}', "x"),
        ("{{ params.gone|default('a|b') }}", "a|b"),
        ("{{ params.none | default('x') }}", "x"),
        ("{{ params.empty | default('x') }}", ""),
        ("{{ params.empty | default('x', true) }}", "x"),
        ("{{ params.list | tojson }}", '[1, "a"]'),
        ("{{ enrollment.parameters | tojson }}", '{"city": "Bern", "days": 3}'),
        ("${API_GATEWAY_BASE_URL}/x ${ OTHER }", "${API_GATEWAY_BASE_URL}/x ${ OTHER }"),
        ("{* _body.x *} }}", "{* _body.x *} }}"),
    ])  # fmt: skip
    def test_reads_a_name(self, text, expected):
        assert rendered(text) == expected

    @pytest.mark.parametrize("text", [
        "{{ params.__class__ }}",
        "{{ params._private }}",
        "{{ params['city'] }}",
        "{{ params.city.upper() }}",
        "{{ params.city | upper }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ range(99999) }}",
        "{{ 1 + 1 }}",
        "{{ params.a or params.b }}",
        "{{ params.city",
        "{{ }}",
        "{{ params. }}",
        "{{ params.city || tojson }}",
        "{{ params.city | default(x) }}",
        "{{ params.city | default(\"a\\\"b\") }}",
        "{% if params.city %}x{% endif %}",
        "{# comment #}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ config }}",
        "{{ enrollment.secret }}",
        "{{ enrollment.code.x }}",
        "{{ service_name.x }}",
        "{{ params" + ".a" * 40 + " }}",
    ])  # fmt: skip
    def test_that_is_more_than_a_name_is_refused(self, text):
        with pytest.raises(TemplateSyntaxError):
            parse(text)

    @pytest.mark.parametrize(("text", "message", "column"), [
        ("x {{ enrolment.code }}", "Unknown name 'enrolment' (did you mean enrollment?). "
         "Known: enrollment, params, routing_vars, service_name.", 3),
        ("{{ params.a | upper }}", "Unknown filter 'upper'. Known: default(\"text\"), tojson.", 1),
        ("{% for x in y %}", "'{%' blocks are not offered. Use {{ name }} only.", 1),
    ])  # fmt: skip
    def test_error_says_what_is_offered_and_where(self, text, message, column):
        with pytest.raises(TemplateSyntaxError) as caught:
            parse(text)

        assert (caught.value.message, caught.value.column) == (message, column)

    @pytest.mark.parametrize("name", ["params.gone", "params.none", "routing_vars.gone", "params.city.deeper"])
    def test_without_a_value_is_an_error(self, name):
        with pytest.raises(UnknownName) as caught:
            rendered("{{ " + name + " }}")

        assert caught.value.name == name

    def test_looks_into_plain_dicts_only(self):
        class Sly(dict):
            city = "attribute"

        with pytest.raises(UnknownName):
            render(parse("{{ params.city }}"), {"params": Sly()}, component=Component.PLAIN)
        with pytest.raises(UnknownName):
            render(parse("{{ params.city }}"), {"params": object()}, component=Component.PLAIN)

    def test_of_several_values_needs_tojson(self):
        with pytest.raises(ValueNotAllowed, match="tojson"):
            rendered("{{ params.list }}")

    def test_names_are_known_after_parsing(self):
        template = parse("{{ params.city }} ${ customer_secrets.{{ params.key }} } {{ service_name }}")

        assert template.names == {"params.city", "params.key", "service_name"}

    def test_is_parsed_once(self):
        assert parse("{{ params.city }}") is parse("{{ params.city }}")


class TestBounds:
    @pytest.mark.parametrize("text", [
        "x" * 65_537,
        "{{ params.a }}" * 300,
        "{{ params.a" + " " * 60_000,
        "{{ params.a |" + " " * 60_000,
        "{{ " + "a" * 60_000,
        "${ secrets" + " " * 60_000,
        "${ secrets.A ??" + "x" * 60_000,
    ])  # fmt: skip
    def test_of_the_source(self, text):
        with pytest.raises(TemplateSyntaxError):
            parse(text)

    def test_of_the_output(self):
        context = {"params": {"a": "x" * 5_000}}

        assert len(render(parse("{{ params.a }}"), context, component=Component.PLAIN)) == 5_000
        with pytest.raises(OutputTooLong):
            render(parse("{{ params.a }}{{ params.a }}"), context, component=Component.PLAIN)

    def test_of_the_output_counts_bytes(self):
        with pytest.raises(OutputTooLong):
            render(parse("{{ params.a }}"), {"params": {"a": "é" * 4_097}}, component=Component.PLAIN)


def at(value, text, component=Component.URL):
    return render(parse(text), {"params": {"v": value}}, component=component)


class TestAddress:
    @pytest.mark.parametrize(("text", "value", "expected"), [
        ("https://a.example/{{ params.v }}/x", "a/b?c#d", "https://a.example/a%2Fb%3Fc%23d/x"),
        ("https://a.example/{{ params.v }}", "Zürich", "https://a.example/Z%C3%BCrich"),
        ("https://a.example/{{ params.v }}", "%2e%2e", "https://a.example/%252e%252e"),
        ("https://a.example/x?q={{ params.v }}", "a&b=c d", "https://a.example/x?q=a%26b%3Dc%20d"),
        ("https://a.example?q={{ params.v }}", "/../", "https://a.example?q=%2F..%2F"),
        ("https://{{ params.v }}.a.example/", "EU-1", "https://eu-1.a.example/"),
        ("https://{{ params.v }}/x", "api.b.example:8443", "https://api.b.example:8443/x"),
        ("https://a.example:{{ params.v }}/x", "8443", "https://a.example:8443/x"),
        ("{{ params.v }}", "https://b.example/v1?x=1", "https://b.example/v1?x=1"),
        ("{{ params.v }}/chat", "https://b.example/v1/", "https://b.example/v1/chat"),
        ("${API_GATEWAY_BASE_URL}/{{ params.v }}", "a/b", "${API_GATEWAY_BASE_URL}/a%2Fb"),
        ("/v1/{{ params.v }}", "a/b", "/v1/a%2Fb"),
    ])  # fmt: skip
    def test_takes_a_value_in_its_place(self, text, value, expected):
        assert at(value, text) == expected

    @pytest.mark.parametrize(("text", "value"), [
        ("https://a.example/{{ params.v }}/x", ".."),
        ("https://a.example/{{ params.v }}", "."),
        ("https://{{ params.v }}.a.example/", "evil.com/"),
        ("https://{{ params.v }}.a.example/", "evil.com#"),
        ("https://{{ params.v }}.a.example/", "a.b"),
        ("https://{{ params.v }}.a.example/", ""),
        ("https://{{ params.v }}.a.example/", "x" * 64),
        ("https://{{ params.v }}/x", "user@evil.com"),
        ("https://{{ params.v }}/x", "evil.com/y"),
        ("https://{{ params.v }}/x", "①②⑦.0.0.1"),
        ("https://a.example:{{ params.v }}/x", "80@evil.com"),
        ("{{ params.v }}", "javascript:alert(1)"),
        ("{{ params.v }}", "file:///etc/passwd"),
        ("{{ params.v }}", "//evil.com"),
        ("{{ params.v }}", "https://user:pass@b.example"),
        ("{{ params.v }}", "https://b.example/\r\nHost: evil.com"),
        ("{{ params.v }}", "https://b.example/../x"),
        ("{{ params.v }}", "https://b.example\\@evil.com"),
        ("{{ params.v }}/chat", "https://b.example/v1?x=1"),
    ])  # fmt: skip
    def test_refuses_a_value_that_would_change_what_is_called(self, text, value):
        with pytest.raises(ValueNotAllowed) as caught:
            at(value, text)

        assert len(value) < 3 or value not in caught.value.message

    @given(st.text(max_size=80))
    def test_keeps_its_authority_whatever_the_value(self, value):
        for text in ("https://a.example/{{ params.v }}/x", "https://a.example/x?q={{ params.v }}"):
            try:
                address = at(value, text)
            except ValueNotAllowed:
                continue
            except UnicodeEncodeError:
                pytest.fail("a value must be encoded or refused")
            assert address.startswith("https://a.example/")
            assert not set(address) & set(" \r\n\t\\#\"'<>^`{|}") - {"'"}

    @given(st.text(max_size=40))
    def test_keeps_the_domain_around_a_label(self, value):
        try:
            address = at(value, "https://{{ params.v }}.a.example/x")
        except ValueNotAllowed:
            return
        label = address.removeprefix("https://").removesuffix(".a.example/x")
        assert label
        assert set(label) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


class TestOtherPlaces:
    @pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "\x7f"])
    def test_a_header_takes_no_control_characters(self, value):
        with pytest.raises(ValueNotAllowed):
            at(value, "Bearer {{ params.v }}", Component.HEADER)

    def test_a_json_string_is_escaped(self):
        assert at('a"b\\c\n', '{"x": "{{ params.v }}"}', Component.JSON) == '{"x": "a\\"b\\\\c\\n"}'

    def test_a_json_value_is_written_whole(self):
        assert at(["a", 1, None], '{"x": {{ params.v | tojson }}}', Component.JSON) == '{"x": ["a", 1, null]}'

    @pytest.mark.parametrize("component", [Component.HEADER, Component.URL])
    def test_json_fits_into_bodies_only(self, component):
        with pytest.raises(ValueNotAllowed):
            at({"a": 1}, "https://a.example/{{ params.v | tojson }}", component)

    def test_json_has_no_nan(self):
        with pytest.raises(ValueNotAllowed):
            at([float("nan")], "{{ params.v | tojson }}", Component.JSON)


class TestSecretReference:
    @pytest.mark.parametrize(("text", "owner", "name", "parameter", "default"), [
        ("${ secrets.X }", "seller", "X", None, None),
        ("${secrets.X}", "seller", "X", None, None),
        ("${ customer_secrets.X_1 }", "customer", "X_1", None, None),
        ("${ customer_secrets.X ?? }", "customer", "X", None, ""),
        ("${ customer_secrets.X ?? us-east-1 }", "customer", "X", None, "us-east-1"),
        ("${customer_secrets.X??https://a.example/x y}", "customer", "X", None, "https://a.example/x y"),
        ("${ secrets.X ?? y }", "seller", "X", None, "y"),
        ("${ customer_secrets.{{ params.KEY }} }", "customer", None, "params.KEY", None),
        ("${ customer_secrets.{{params.KEY}} ?? }", "customer", None, "params.KEY", ""),
        ("${ customer_secrets.__EMAIL }", "customer", "__EMAIL", None, None),
    ])  # fmt: skip
    def test_is_read(self, text, owner, name, parameter, default):
        [reference] = secret_references(f"Bearer {text}!")

        assert (reference.owner, reference.name, reference.default) == (owner, name, default)
        assert (reference.name_template.name if reference.name_template else None) == parameter
        assert reference.is_required is (default is None)
        assert reference.raw == text
        assert f"Bearer {text}!"[reference.start : reference.end] == text

    @pytest.mark.parametrize("text", [
        '${ secrets["X"] }', "${ secrets.X-Y }", "${ secrets. }", "${ secrets }", "${ secrets.X", "${ secrets.X.Y }",
        "${ secrets.{{ params.KEY }} }", "${ customer_secrets.{{ params.KEY | upper }} }",
        "${ customer_secrets.A{{ x }} }",
        "${ customer_secrets.X ?? {{ params.y }} }", "${ secrets.9 }", "${ customer_secrets.{{ evil }} }",
    ])  # fmt: skip
    def test_in_another_form_is_refused(self, text):
        with pytest.raises(TemplateSyntaxError):
            secret_references(text)

    @pytest.mark.parametrize("text", ["${API_GATEWAY_BASE_URL}", "${ secretsX.Y }", "$ { secrets.X }", "secrets.X"])
    def test_is_not_seen_in_other_text(self, text):
        assert secret_references(text) == ()

    def test_error_names_the_valid_forms(self):
        with pytest.raises(TemplateSyntaxError) as caught:
            parse('${ secrets["X"] }')

        assert caught.value.message == (
            "'${ secrets[\"X\"] }' is not a valid reference. Use ${ secrets.NAME } or ${ secrets.NAME ?? default }"
        )


class TestResolving:
    @pytest.mark.parametrize(("text", "expected"), [
        ("Bearer ${ customer_secrets.GROQ_API_KEY }", "Bearer gsk-1"),
        ("${ secrets.SELLER }${ customer_secrets.GONE ?? x }", "topx"),
        ("${ customer_secrets.{{ params.key }} }", "gsk-1"),
        ("{{ params.city }} {% if x %} ${ secrets.SELLER }", "{{ params.city }} {% if x %} top"),
        ("nothing", "nothing"),
    ])  # fmt: skip
    def test_puts_secrets_in_and_reads_nothing_else(self, text, expected):
        assert resolve_secrets(text, lookup, CONTEXT) == expected

    def test_escapes_in_a_json_body(self):
        text = '{"key": "${ customer_secrets.X }"}'

        assert resolve_secrets(text, lambda owner, name: 'a"b', component=Component.JSON) == '{"key": "a\\"b"}'

    @pytest.mark.parametrize(("text", "owner", "name"), [
        ("${ customer_secrets.GONE }", "customer", "GONE"),
        ("${ secrets.GONE }", "seller", "GONE"),
        ("${ customer_secrets.{{ params.empty }} }", "customer", ""),
        ("${ customer_secrets.{{ params.sneaky }} }", "customer", "${ secrets.SELLER }"),
    ])  # fmt: skip
    def test_names_what_is_missing(self, text, owner, name):
        with pytest.raises(MissingSecret) as caught:
            resolve_secrets(text, lookup, CONTEXT)

        assert (caught.value.owner, caught.value.name) == (owner, name)

    def test_an_empty_choice_falls_back(self):
        assert resolve_secrets("${ customer_secrets.{{ params.empty }} ?? none }", lookup, CONTEXT) == "none"

    def test_a_value_is_never_read_again(self):
        assert rendered("{{ params.sneaky }}") == "${ secrets.SELLER }"
        assert (
            resolve_secrets("${ customer_secrets.X }", lambda owner, name: "${ secrets.SELLER }")
            == "${ secrets.SELLER }"
        )

    def test_a_secret_is_encoded_for_its_place(self):
        assert rendered("${ customer_secrets.MY_HOST }/v1", Component.URL) == "https://my.example/v1"
        with pytest.raises(ValueNotAllowed) as caught:
            render(parse("${ secrets.X }"), {}, component=Component.HEADER, secrets=lambda owner, name: "hunter2\n")
        assert "hunter2" not in str(caught.value)

    def test_without_a_lookup_no_secret_is_rendered(self):
        with pytest.raises(ValueNotAllowed):
            render(parse("${ secrets.X ?? y }"), {}, component=Component.PLAIN)

    def test_a_long_body_is_bounded(self):
        with pytest.raises(OutputTooLong):
            resolve_secrets("${ secrets.X }" * 40, lambda owner, name: "x" * 4_000)


class TestAnyText:
    @given(st.text(alphabet="{}%$|. ?'\"\\#-paramsecrtdfultojn_\n", max_size=60))
    def test_is_parsed_or_refused(self, text):
        try:
            template = parse(text)
        except TemplateError:
            return
        joined = "".join(part if isinstance(part, str) else "" for part in template.parts)
        assert template.is_constant is (joined == text)
