"""Source code with its tokens marked, for pages and documents. Done on the server: no script, and safe to print."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

#: Beyond this many characters a text is printed without colours: some lexers are slow on hostile input.
LIMIT = 50_000
LANGUAGES = frozenset(
    [
        "bash",
        "sh",
        "shell",
        "console",
        "python",
        "javascript",
        "js",
        "typescript",
        "json",
        "http",
        "html",
        "toml",
        "yaml",
        "sql",
    ]
)
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=256)
def highlighted(text: str, language: str) -> SafeString:
    """Return `text` escaped, with its tokens in spans. Unknown languages stay plain."""
    name = language.strip().lower()
    if name not in LANGUAGES or len(text) > LIMIT:
        return escape(text)
    try:
        lexer = get_lexer_by_name(name, stripnl=False)
    except ClassNotFound:
        return escape(text)
    printed: str = highlight(text, lexer, _FORMATTER)
    return mark_safe(printed.rstrip("\n"))  # noqa: S308  Pygments escapes what it prints
