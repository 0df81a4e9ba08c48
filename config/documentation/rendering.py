"""A paper as HTML: anchors on headings and on error codes, links to other papers at their addresses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from common import markdown
from config.documentation.papers import PAPERS, Paper

_FIRST_LEVEL = 2
#: What the table of contents lists: the level of a paper's own sections.
_LISTED = "h2"


@dataclass(frozen=True, slots=True)
class Heading:
    """A section of a paper and the anchor that leads to it."""

    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A paper, ready to print. headings: those that its table of contents lists."""

    title: str
    html: SafeString
    headings: tuple[Heading, ...]


def rendered(paper: Paper) -> Rendered:
    """Return the paper as it stands in docs/ now."""
    file: Path = settings.BASE_DIR / "docs" / f"{paper.name}.md"
    return _rendered(paper.name, file, file.stat().st_mtime_ns)


def printed(written: str) -> tuple[str, SafeString]:
    """Return the title of a text of our own, and the rest of it as HTML."""
    tokens = markdown.PARSER.parse(written)
    title = _take_title(tokens)
    markdown.level_headings(tokens, first=_FIRST_LEVEL)
    _anchor(tokens)
    html = markdown.PARSER.renderer.render(tokens, markdown.PARSER.options, {})
    return title, mark_safe(html)  # noqa: S308  our own text, by a parser that knows no HTML


@lru_cache(maxsize=64)
def _rendered(name: str, file: Path, written_at: int) -> Rendered:
    tokens = markdown.PARSER.parse(file.read_text())
    title = _take_title(tokens)
    markdown.level_headings(tokens, first=_FIRST_LEVEL)
    headings = _anchor(tokens)
    for token in tokens:
        _lead_links(token.children or [], name)
    html = markdown.PARSER.renderer.render(tokens, markdown.PARSER.options, {})
    return Rendered(title, mark_safe(html), headings)  # noqa: S308  our own papers, by a parser that knows no HTML


def _take_title(tokens: list[Token]) -> str:
    """Take the heading of the whole paper off it: the page prints it itself."""
    title = _text(tokens[1])
    del tokens[:3]
    return title


def _anchor(tokens: Sequence[Token]) -> tuple[Heading, ...]:
    """Give every heading an id, as GitHub does, and every row of a table that begins with a code under that heading."""
    headings, given, section = [], set[str](), ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _text(tokens[place + 1])
            section = _identify(token, _slug(title), given)
            headings += [Heading(title, section)] * (token.tag == _LISTED)
        elif token.type == "tr_open" and (code := _only_code(tokens[place + 2])):
            _identify(token, f"{section}-{code}", given)
    return tuple(headings)


def _identify(token: Token, wanted: str, given: set[str]) -> str:
    """Set an id that nothing else of the paper has. Of rows with one code the first has it."""
    anchor, number = wanted, 0
    while token.type == "heading_open" and anchor in given:
        number += 1
        anchor = f"{wanted}-{number}"
    if anchor not in given:
        token.attrSet("id", anchor)
        given.add(anchor)
    return anchor


def _only_code(cell: Token) -> str:
    """Return what stands in a cell of nothing but one word of code, else ""."""
    parts = cell.children or []
    is_code = len(parts) == 1 and parts[0].type == "code_inline" and re.fullmatch(r"[a-z0-9_]+", parts[0].content)
    return parts[0].content if is_code else ""


def _lead_links(parts: list[Token], name: str) -> None:
    """Let links between papers lead to their addresses; links to what is not published are plain text."""
    is_dropped = False
    for part in parts:
        if part.type == "link_open":
            address = _address(str(part.attrGet("href")), name)
            part.attrSet("href", address)
            is_dropped = not address
        if is_dropped and part.type in {"link_open", "link_close"}:
            part.type, part.tag, part.content, part.nesting = "text", "", "", 0


def _address(written: str, name: str) -> str:
    """Return the address of what a link of a paper names, "" when it is not published."""
    path, mark, anchor = written.partition("#")
    if not path or "://" in path:
        return written
    linked = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(".md")
    return f"{PAPERS[linked].path}{mark}{anchor}" if linked in PAPERS else ""


def _text(inline: Token) -> str:
    return "".join(part.content for part in inline.children or [])


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
