"""The tree of a seller's template and the parser that makes it. `domain.templating` says what the language is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Literal

from domain.url_components import Component

MAX_SOURCE_CHARACTERS = 65_536
_MAX_VALUES = 200
_MAX_EXPRESSION_CHARACTERS = 400
#: Longer texts are parsed each time, so that the memory of parsed templates stays small.
_REMEMBERED_CHARACTERS = 4_096

#: The names a template may start with, and what stands below them (None: whatever the service declares).
ROOTS: dict[str, frozenset[str] | None] = {
    "params": None,
    "routing_vars": None,
    "enrollment": frozenset({"code", "id", "customer_id", "parameters"}),
    "service_name": frozenset(),
}

Owner = Literal["seller", "customer"]
_OWNERS: dict[str, Owner] = {"secrets": "seller", "customer_secrets": "customer"}


class TemplateError(ValueError):
    """A template that cannot be read or rendered. `message` never quotes a secret."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class TemplateSyntaxError(TemplateError):
    """The text is not in the language. column: of the offending `{{` or `${`, from 1."""

    def __init__(self, message: str, column: int) -> None:
        self.column = column
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Expression:
    """`{{ a.b | default("x") | tojson }}`. path: the names from the root down. default: None when there is none."""

    path: tuple[str, ...]
    default: str | None
    default_when_empty: bool
    as_json: bool
    column: int

    @property
    def name(self) -> str:
        """Return the dotted name."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class SecretReference:
    """`${ secrets.NAME ?? default }`. Exactly one of name and name_template is given.

    name_template: the name is chosen by a parameter, `${ customer_secrets.{{ params.KEY }} }`.
    default: None makes the secret required. raw, start, end: the reference as written and where it stands.
    """

    owner: Owner
    name: str | None
    name_template: Expression | None
    default: str | None
    raw: str
    start: int
    end: int

    @property
    def is_required(self) -> bool:
        """Return whether a call fails without the secret."""
        return self.default is None


Part = str | Expression | SecretReference


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text. parts: literals and what is put between them. components: of each part, for an address."""

    text: str
    parts: tuple[Part, ...]
    components: tuple[Component, ...]

    @property
    def is_constant(self) -> bool:
        """Return whether rendering gives the text back."""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def names(self) -> frozenset[str]:
        """Return the dotted names that the template reads, those inside secret references included."""
        return frozenset(expression.name for expression in self.expressions)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Return every expression, those inside secret references included, in order."""
        return tuple(_expressions(self.parts))

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """Return the secret references in order."""
        return tuple(part for part in self.parts if isinstance(part, SecretReference))


def _expressions(parts: tuple[Part, ...]) -> Iterator[Expression]:
    for part in parts:
        if isinstance(part, Expression):
            yield part
        elif isinstance(part, SecretReference) and part.name_template is not None:
            yield part.name_template


# -- parsing ---------------------------------------------------------------------------------------------------------

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_PATH = re.compile(rf"{_NAME}(?:\.{_NAME}){{0,15}}\Z")
#: What stands between the pipes; a pipe inside quotes does not count.
_PIECE = re.compile(r"""(?:"[^"]*"|'[^']*'|[^|"'])+""")
_DEFAULT = re.compile(r"""default\(\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*(?:,\s*([Tt]rue|[Ff]alse)\s*)?\)\Z""")
_SECRET_START = re.compile(r"\$\{\s*(secrets|customer_secrets)(?![A-Za-z0-9_])")
_SECRET_NAME = re.compile(r"\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)\s*")
_SECRET_NAME_TEMPLATE = re.compile(r"\s*\.\s*(\{\{[^{}]*\}\})\s*")
_SECRET_TAIL = re.compile(r"\?\?([^{}]*)\}|\}")
_SPECIAL = re.compile(r"\{\{|\{%|\{#|\$\{")
_SECRET_SPECIAL = re.compile(r"\$\{")


def parse(text: str, *, raw: bool = False) -> Template:
    """Return the template in `text`; asked again for a short text, the same object.

    raw: only secret references count (and a parameter used as a secret's name); `{{ }}` elsewhere is literal.
    Raises: TemplateSyntaxError.
    """
    return _parse_once(text, raw) if len(text) <= _REMEMBERED_CHARACTERS else _parse(text, raw)


def _parse(text: str, raw: bool) -> Template:
    if len(text) > MAX_SOURCE_CHARACTERS:
        raise TemplateSyntaxError(f"A template has at most {MAX_SOURCE_CHARACTERS} characters.", 1)
    # between two names stands at most one literal
    parts = tuple(islice(_parts(text, raw), 2 * _MAX_VALUES + 2))
    if sum(not isinstance(part, str) for part in parts) > _MAX_VALUES:
        raise TemplateSyntaxError(f"A template has at most {_MAX_VALUES} names and secrets.", 1)
    return Template(text, parts, _url_components(parts))


_parse_once = lru_cache(maxsize=4096)(_parse)


def _parts(text: str, raw: bool) -> Iterator[Part]:
    special = _SECRET_SPECIAL if raw else _SPECIAL
    literal_from = position = 0
    while found := special.search(text, position):
        start = found.start()
        part, position = _special_part(text, start)
        if part is not None:
            if start > literal_from:
                yield text[literal_from:start]
            yield part
            literal_from = position
    if literal_from < len(text):
        yield text[literal_from:]


def _special_part(text: str, start: int) -> tuple[Part | None, int]:
    """Return what stands at `start` and where it ends; None for a placeholder, which is literal text."""
    opening = text[start : start + 2]
    if opening == "{{":
        return _expression(text, start)
    if opening in {"{%", "{#"}:
        raise TemplateSyntaxError(f"'{opening}' blocks are not offered. Use {{{{ name }}}} only.", start + 1)
    namespace = _SECRET_START.match(text, start)
    if namespace is None:
        return None, start + 2
    return _secret(text, start, namespace)


def _expression(text: str, start: int) -> tuple[Expression, int]:
    end = text.find("}}", start, start + _MAX_EXPRESSION_CHARACTERS)
    inside = text[start + 2 : end].removeprefix("-").removesuffix("-") if end > 0 else ""
    pieces = _PIECE.findall(inside)
    name, *filters = (piece.strip() for piece in pieces or [""])
    if "|".join(pieces) != inside or not _PATH.match(name):
        shown = text[start : end + 2] if 0 < end <= start + 80 else text[start : start + 40] + "…"
        raise TemplateSyntaxError(
            f"'{shown}' is not a valid template. Use {{{{ params.name }}}}, "
            '{{ params.name | default("text") }} or {{ params.name | tojson }}.',
            start + 1,
        )
    path = tuple(name.split("."))
    _check_path(path, start + 1)
    expression = Expression(path, default=None, default_when_empty=False, as_json=False, column=start + 1)
    for word in filters:
        expression = _filtered(expression, word, start + 1)
    return expression, end + 2


def _filtered(expression: Expression, word: str, column: int) -> Expression:
    if word == "tojson":
        return replace(expression, as_json=True)
    if default := _DEFAULT.match(word):
        text = default[1] if default[1] is not None else default[2]
        return replace(expression, default=text, default_when_empty=(default[3] or "").lower() == "true")
    raise TemplateSyntaxError(f"Unknown filter '{word[:40]}'. Known: default(\"text\"), tojson.", column)


def _check_path(path: tuple[str, ...], column: int) -> None:
    root, rest = path[0], path[1:]
    if root not in ROOTS:
        close = difflib.get_close_matches(root, ROOTS, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise TemplateSyntaxError(f"Unknown name '{root}'{hint}. Known: {', '.join(sorted(ROOTS))}.", column)
    below = ROOTS[root]
    if below is None:
        return
    if rest and rest[0] not in below:
        known = ", ".join(f"{root}.{name}" for name in sorted(below)) or root
        raise TemplateSyntaxError(f"Unknown name '{'.'.join(path)}'. Known: {known}.", column)
    if len(rest) > 1 and rest[0] != "parameters":
        raise TemplateSyntaxError(f"'{root}.{rest[0]}' is a text; nothing stands below it.", column)


def _secret(text: str, start: int, namespace: re.Match[str]) -> tuple[SecretReference, int]:
    owner = _OWNERS[namespace[1]]
    name, expression, position = _secret_name(text, namespace.end())
    tail = _SECRET_TAIL.match(text, position) if position else None
    if tail is None or (expression is not None and owner == "seller"):
        raise _bad_secret(text, start, namespace[1])
    default = tail[1].strip() if tail[1] is not None else None
    reference = SecretReference(owner, name, expression, default, text[start : tail.end()], start, tail.end())
    return reference, tail.end()


def _secret_name(text: str, position: int) -> tuple[str | None, Expression | None, int]:
    """Return (name, expression, where it ends); the end is 0 when neither stands there."""
    if literal := _SECRET_NAME.match(text, position):
        return literal[1], None, literal.end()
    if chosen := _SECRET_NAME_TEMPLATE.match(text, position):
        expression, _ = _expression(text, chosen.start(1))
        return None, expression, chosen.end()
    return None, None, 0


def _bad_secret(text: str, start: int, namespace: str) -> TemplateSyntaxError:
    end = text.find("}", start)
    shown = text[start : end + 1] if 0 <= end - start <= 120 else text[start : start + 40] + "…"
    chosen = f" or ${{ {namespace}.{{{{ params.KEY }}}} }}" if namespace == "customer_secrets" else ""
    return TemplateSyntaxError(
        f"'{shown}' is not a valid reference. "
        f"Use ${{ {namespace}.NAME }} or ${{ {namespace}.NAME ?? default }}{chosen}",
        start + 1,
    )


def secret_references(text: str) -> tuple[SecretReference, ...]:
    """Return the secret references in `text`, in order. Raises TemplateSyntaxError for a malformed one."""
    return parse(text, raw=True).secrets


# -- the part of an address that a value stands in -------------------------------------------------------------------

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ORIGIN_PLACEHOLDER = re.compile(r"\$\{\s*[A-Z0-9_]+\s*\}")


def _url_components(parts: tuple[Part, ...]) -> tuple[Component, ...]:
    """Return, for each part, the component that a value there belongs to. Literals carry PLAIN."""
    components: list[Component] = []
    before = ""  # what stands before the part; a value counts as one letter, a whole address as an origin
    for index, part in enumerate(parts):
        if isinstance(part, str):
            components.append(Component.PLAIN)
            before += part
            continue
        following = parts[index + 1] if index + 1 < len(parts) else ""
        component = _component_after(before, following)
        components.append(component)
        before += "https://x" if component is Component.ADDRESS else "x"
    return tuple(components)


def _component_after(before: str, following: Part) -> Component:
    if not before:
        return Component.ADDRESS
    if "?" in before:
        return Component.QUERY
    origin = _ORIGIN_PLACEHOLDER.match(before) or _SCHEME.match(before)
    rest = before[origin.end() :] if origin else before
    if "/" in rest or "#" in rest or (origin is not None and before.startswith("${")):
        return Component.PATH
    if origin is None:
        return Component.LABEL
    ends = following == "" or (isinstance(following, str) and following[0] in "/?#:")
    if rest.rpartition(":")[1] and ends:
        return Component.PORT
    return Component.HOST if rest == "" and ends else Component.LABEL
