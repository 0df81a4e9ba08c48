"""Templates of chain steps: plain look-ups in plain JSON, nothing else."""

from __future__ import annotations

import pytest

from domain.routing.step_templates import BadTemplate, MissingValue, check, render

VALUES = {"previous": {"status": 200, "body": {"list": [{"a": 1}], "text": "x", "0": "zero"}}}


class TestRender:
    @pytest.mark.parametrize(
        ("template", "value"),
        [
            ("{{ previous.status }}", 200),
            ("{{previous.body.list}}", [{"a": 1}]),
            ("{{ previous.body.list.0.a }}", 1),
            ("{{ previous.body.0 }}", "zero"),
            ("say {{ previous.body.text }}: {{ previous.body.list }}", 'say x: [{"a": 1}]'),
            ({"a": ["{{ previous.status }}", 5, None, True]}, {"a": [200, 5, None, True]}),
            ("plain", "plain"),
        ],
    )
    def test_fills_in(self, template, value):
        assert render(template, VALUES) == value

    @pytest.mark.parametrize(
        "name",
        ["previous.nothing", "previous.body.list.1", "previous.body.list.a", "previous.body.text.upper",
         "previous.__class__", "previous.body.list.append", "steps.x", ".".join(["previous"] * 30)],
    )  # fmt: skip
    def test_says_what_is_missing(self, name):
        with pytest.raises(MissingValue):
            render(f"{{{{ {name} }}}}", VALUES)

    def test_does_not_fill_in_what_a_value_says(self):
        assert render("{{ previous.body }}", {"previous": {"body": "{{ steps.x }}"}}) == "{{ steps.x }}"


class TestCheck:
    @pytest.mark.parametrize(
        "template",
        ["{{ secrets.KEY }}", "{{ previous.body | upper }}", "{{ previous.body() }}", "{{", {"a": ["{{ x.y }}"]}],
    )
    def test_refuses_what_is_no_look_up(self, template):
        with pytest.raises(BadTemplate):
            check(template)
