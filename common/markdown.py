"""Sellers' Markdown as safe HTML, in two layers: the parser knows no HTML, and an allow-list sanitises what it prints.

Links go to https and mailto only and say that they are the seller's; images stay out (only their text is shown);
headings start at level 3, under the page's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from common.highlight import highlighted

#: Longer documents are cut here, and say so.
LIMIT = 200_000
_FIRST_LEVEL = 3
_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "del", "blockquote", "ul", "ol", "li", "a", "code", "pre", "span", "div"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "pre": {"tabindex"}, "div": {"tabindex", "role", "aria-label"}}
_CLASSES = {"pre": {"hl"}, "div": {"scroll-x"}}
#: What Pygments calls its tokens.
_SPAN_CLASSES = (
    "k kc kd kn kp kr kt n na nb bp nc nd nf fm nl nn no nt nv nx vc vg vi ow o p l ld m mb mf mh mi mo s s1 s2"
    " sa sb sc sd se sh si sr ss sx w c c1 ch cm cp cs err gp go gh"
)


class _Renderer(RendererHTML):
    """Prints what the sanitiser lets through, with what screen readers need."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return escape(self.renderInlineAsText(tokens[idx].children, options, env))

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        language = tokens[idx].info.strip().split(maxsplit=1)
        code = highlighted(tokens[idx].content.rstrip("\n"), language[0] if language else "text")
        return f'<pre class="hl" tabindex="0"><code>{code}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<pre class="hl" tabindex="0"><code>{escape(tokens[idx].content)}</code></pre>\n'

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        env["tables"] = number = env.get("tables", 0) + 1
        label = "Table" if number == 1 else f"Table {number}"  # regions of a page are told apart by their names
        return f'<div class="scroll-x" tabindex="0" role="region" aria-label="{label}"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"


#: Knows no HTML. Documents of our own are printed with it too: config/documentation.
PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}, renderer_cls=_Renderer)
PARSER.enable(["table", "strikethrough"])


@lru_cache(maxsize=64)
def rendered(text: str) -> SafeString:
    """Return the document as HTML that is safe to print."""
    cut = text[:LIMIT]
    tokens = PARSER.parse(cut)
    level_headings(tokens, first=_FIRST_LEVEL)
    html = PARSER.renderer.render(tokens, PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes={**_CLASSES, "span": set(_SPAN_CLASSES.split())},
        url_schemes={"https", "mailto"},
        url_relative="deny",
        link_rel="nofollow noopener ugc",
        generic_attribute_prefixes=set(),
    )
    if len(text) > LIMIT:
        clean += "<p><em>The document is longer than what is shown here.</em></p>"
    return mark_safe(clean)  # noqa: S308  sanitised in the line above


def level_headings(tokens: Sequence[Token], *, first: int) -> None:
    """Let headings begin at level `first` and never skip a level on the way down."""
    open_levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            written = int(token.tag[1])
            while open_levels and open_levels[-1] >= written:
                open_levels.pop()
            open_levels.append(written)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(first - 1 + len(open_levels), 6)}"
