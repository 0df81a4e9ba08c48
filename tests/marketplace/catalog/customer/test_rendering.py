"""What sellers write into documents runs within bounds."""

from __future__ import annotations

import pytest

from marketplace.catalog.customer.rendering import render


class TestRender:
    def test_fills_in_what_there_is(self):
        rendered = render("{% for model in models %}{{ model|tojson }}\n{% endfor %}", {"models": ["a", "b"]})

        assert (rendered.text, rendered.error) == ('"a"\n"b"\n', None)

    def test_names_what_is_unknown_and_where_the_syntax_breaks(self):
        assert "'nobody' is undefined" in (render("{{ nobody }}", {}).error or "")
        assert "endfor" in (render("{% for a in b %}", {}).error or "")

    @pytest.mark.parametrize(
        "hostile",
        [
            "{{ ''.__class__.__mro__ }}",
            "{{ cycler.__init__.__globals__ }}",
            "{{ self.__init__.__globals__ }}",
            "{% set _ = names.append(1) %}",
            "{{ 'a' * 10000000000 }}",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}"
            "{% endfor %}",
            "{% for a in range(99999) %}{{ 'x' * 100 }}{% endfor %}",
            "{% include '/etc/passwd' %}",
            "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        ],
    )
    def test_ends_whatever_is_written(self, hostile):
        rendered = render(hostile, {"names": []})

        assert rendered.text is None
        assert rendered.error
