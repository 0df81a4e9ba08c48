"""Our templates come without the indentation of their lines, and otherwise as they are written."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import get_template, render_to_string

from common.loaders import Loader


def test_take_the_indentation_out_and_keep_the_lines():
    template = get_template("home_public.html").template
    written = (settings.BASE_DIR / "templates" / "home_public.html").read_text()

    assert any(line.startswith("  ") for line in written.splitlines())
    assert template.source.splitlines() == [line.lstrip(" \t") for line in written.splitlines()]


def test_leave_texts_as_they_are(tmp_path):
    (tmp_path / "mail.txt").write_text("Hello,\n  indented\n")
    template = get_template("home_public.html")

    loader = Loader(template.template.engine, [tmp_path])
    (origin,) = loader.get_template_sources("mail.txt")

    assert loader.get_contents(origin) == "Hello,\n  indented\n"


def test_leave_code_as_it_is():
    shown = render_to_string("components/code_block.html", {"code": "def f():\n    return 1", "label": "Code"})

    assert "def f():\n    return 1" in shown
