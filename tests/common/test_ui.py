from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from common.pagination import Page


def render(source: str, **values: object) -> str:
    return Template(source).render(Context({"request": RequestFactory().get("/"), **values}))


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As others see it.")
    note = forms.CharField(required=False, widget=forms.Textarea)
    agree = forms.BooleanField(label="I agree")
    size = forms.ChoiceField(choices=[("s", "Small"), ("l", "Large")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput, initial="secret")

    def clean(self):
        raise forms.ValidationError("The parts do not fit together.")


class TestField:
    def test_connects_label_help_and_control(self):
        html = render("{% field form.name %}", form=SampleForm())

        assert 'for="id_name">Name</label>' in html
        assert 'aria-describedby="id_name-help"' in html
        assert '<div class="field-help" id="id_name-help">As others see it.</div>' in html
        assert "aria-invalid" not in html

    def test_connects_its_error(self):
        html = render("{% field form.name %}", form=SampleForm({}))

        assert 'aria-invalid="true"' in html
        assert 'aria-describedby="id_name-help id_name-error"' in html
        assert 'id="id_name-error"' in html

    def test_keeps_what_was_typed_and_escapes_it(self):
        html = render("{% field form.name %}", form=SampleForm({"name": '"><script>'}))

        assert "&quot;&gt;&lt;script&gt;" in html
        assert "<script>" not in html

    def test_says_what_may_be_left_out(self):
        form = SampleForm()

        assert "(optional)" in render("{% field form.note %}", form=form)
        assert "(optional)" not in render("{% field form.name %}", form=form)

    def test_puts_a_box_before_its_label(self):
        html = render("{% field form.agree %}", form=SampleForm())

        assert html.index('type="checkbox"') < html.index("I agree")

    def test_groups_choices(self):
        html = render("{% field form.size %}", form=SampleForm())

        assert "<fieldset" in html
        assert "<legend" in html

    def test_prints_hidden_fields_bare(self):
        html = render("{% field form.token %}", form=SampleForm())

        assert html.strip().startswith("<input")
        assert "label" not in html

    def test_takes_more_attributes(self):
        assert 'inputmode="decimal"' in render('{% field form.name inputmode="decimal" %}', form=SampleForm())


class TestFormErrors:
    def test_is_silent_while_all_is_well(self):
        assert render("{% form_errors form %}", form=SampleForm()) == ""

    def test_lists_every_problem_with_a_way_to_it(self):
        html = render("{% form_errors form %}", form=SampleForm({"size": "s", "token": "t"}))

        assert 'role="alert"' in html
        assert "3 things need your attention" in html
        assert 'href="#id_name"' in html
        assert "The parts do not fit together." in html


class TestMoney:
    @pytest.mark.parametrize(
        ("source", "html"),
        [
            ("{{ amount|money:'USD' }}", '<data class="money" value="0.0000012345">0.000001234 USD</data>'),
            ("{{ amount|money_exact:'EUR' }}", '<data class="money" value="0.0000012345">0.0000012345 EUR</data>'),
            ("{{ nothing|money }}", '<span class="muted">unknown</span>'),
        ],
    )
    def test_names_the_currency_and_holds_the_exact_value(self, source, html):
        assert render(source, amount=Decimal("0.0000012345"), nothing=None) == html


class TestButton:
    def test_is_a_link_when_it_leads_somewhere(self):
        html = render('{% button "Go" href=address variant="secondary" icon="plus" %}', address="/x?a=1&b=2")

        assert html.startswith('<a class="btn btn-outline')
        assert 'href="/x?a=1&amp;b=2"' in html
        assert 'aria-hidden="true"' in html

    def test_writes_attributes(self):
        html = render(
            '{% button "Go" type="button" hx_post="/x" disabled=True autofocus=False value=value %}', value='"'
        )

        assert 'type="button" hx-post="/x" disabled value="&quot;"' in html
        assert "autofocus" not in html


class TestIcon:
    def test_is_decoration_unless_it_is_named(self):
        assert 'aria-hidden="true"' in render('{% icon "x" %}')
        assert 'role="img" aria-label="Close"' in render('{% icon "x" label="Close" %}')


class TestBlocks:
    @pytest.mark.parametrize(
        ("source", "parts"),
        [
            ('{% panel title="A" %}<b>x</b>{% endpanel %}', ["<h2", "<b>x</b>"]),
            ('{% table "Keys" %}<tbody></tbody>{% endtable %}', ['aria-label="Keys"', "table-cards", "<tbody>"]),
            ('{% table "Keys" cards=False %}{% endtable %}', ['tabindex="0"']),
            ('{% alert tone="error" role="alert" %}no{% endalert %}', ['data-tone="error"', 'role="alert"']),
            ('{% alert tone="\\"><b>" %}no{% endalert %}', ['data-tone="info"']),
            ('{% blank_slate title="None" %}{% endblank_slate %}', ["<h2", "None"]),
            ('{% stat "Left" %}{{ 5 }}{% endstat %}', ["Left", "5"]),
            ('{% page_header "T" back="/b" %}{% endpage_header %}', ["<h1", 'href="/b"']),
            ('{% dialog "d" "D" %}x{% enddialog %}', ['<dialog class="dialog" id="d"', 'aria-labelledby="d-title"']),
            ('{% code_block code "text" label="L" %}', ["a&lt;b", 'data-copy="a&lt;b"', 'aria-label="L"']),
            ('{% badge "Word" tone="success" icon="check" %}', ["badge-success", "Word"]),
            ('{{ "revoke"|dashed:5 }}', ["revoke-5"]),
        ],
    )
    def test_print_their_parts(self, source, parts):
        html = render(source, code="a<b")

        for part in parts:
            assert part in html

    def test_escape_what_the_page_puts_in(self):
        html = render("{% panel title=text %}{{ text }}{% endpanel %}", text="<script>")

        assert "<script>" not in html

    def test_ask_before_it_happens_with_a_token(self):
        html = render(
            '{% confirm id="c" title="Really?" action="/do" label="Do it" %}Sure?{% endconfirm %}', csrf_token="abc"
        )

        assert 'method="post" action="/do"' in html
        assert 'name="csrfmiddlewaretoken" value="abc"' in html
        assert 'commandfor="c"' in html


class TestTabs:
    def test_are_links_one_of_them_current(self):
        items = [
            {"label": "A", "url": "?", "current": True},
            {"label": "B", "url": "?tab=b", "current": False, "count": 3},
        ]

        html = render("{% tabs items %}", items=items)

        assert html.count("<a ") == 2
        assert html.count('aria-current="page"') == 1
        assert ">3</span>" in html


class TestPagination:
    def test_keeps_the_rest_of_the_address(self):
        request = RequestFactory().get("/list", {"q": "a b", "page": "2"})

        html = render("{% pagination page target='rows' %}", page=Page([], 2, 10, 35), request=request)

        assert 'href="?q=a+b&amp;page=3"' in html
        assert 'hx-target="#rows"' in html
        assert "11–20 of 35" in html

    def test_is_silent_for_one_page(self):
        assert render("{% pagination page %}", page=Page([], 1, 10, 3)).strip() == ""
