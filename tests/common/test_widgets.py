"""A long choice looks to browsers and forms like Django's own."""

from __future__ import annotations

import pytest
from django import forms
from lxml import html

from common.widgets import LongSelect

CHOICES = [("", "Any"), ("a&b", "A <b>"), ("1", "One")]


def drawn(widget: type[forms.Select], value: object) -> tuple[dict[str, str], list[tuple[dict[str, str], str | None]]]:
    class Form(forms.Form):
        zone = forms.ChoiceField(choices=CHOICES, widget=widget)

    bound = Form(initial={"zone": value})["zone"]
    select = html.fromstring(bound.as_widget(attrs={"class": "control", "aria-invalid": "true"}))
    return dict(select.attrib), [(dict(each.attrib), each.text) for each in select]


@pytest.mark.parametrize("value", ["a&b", 1, None, "gone"])
def test_is_drawn_as_djangos_own_is(value):
    assert drawn(LongSelect, value) == drawn(forms.Select, value)
