"""The expressions of body templates: the part of Lua that sellers use, as a tree that is walked. Nothing is executed.

`_body.a.b`, `customer_secrets.NAME`, `_escape_json(x)`, strings, numbers, `nil`, `true`, `false`, `..`, `or`, `and`,
`==`, `~=`, parentheses, and a literal table with a lookup: `({info=3})[_body.type or ""]`.
Only nil and false are false. What is missing is nil.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.template_syntax import SecretReference, Template, TemplateSyntaxError, parse
from domain.transforming.errors import TransformerInvalid, TransformFailed

MAX_CHARACTERS = 4_000
_MAX_DEPTH = 40
#: Lua writes a number with fourteen digits.
_NUMBER_FORMAT = ".14g"

Lookup = Callable[[str], str | None]
Render = Callable[[Template], str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression reads. body: the parsed body; secret: the customer's by name; render: a text with secrets."""

    body: Any
    secret: Lookup
    render: Render


Node = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression. secrets: references that it resolves, those of `customer_secrets.NAME` included."""

    evaluate: Node
    secrets: tuple[SecretReference, ...] = field(default=())


def parse_expression(text: str, *, raw: bool) -> Parsed:
    """Return the expression in `text`. raw: strings in it hold secrets, but no `{{ }}`. Raises TransformerInvalid."""
    if len(text) > MAX_CHARACTERS:
        raise TransformerInvalid(f"an expression has at most {MAX_CHARACTERS} characters.")
    parser = _Parser(text, raw)
    node = parser.expression(0)
    parser.end()
    return Parsed(node, tuple(parser.secrets))


def as_text(value: Any) -> str:
    """Return a value as Lua writes it into a text. Raises TransformFailed for tables."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return format(value, _NUMBER_FORMAT) if isinstance(value, float) else str(value)
    raise TransformFailed("An object or a list cannot be written without _escape_json.")


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<operator>\.\.|==|~=|[().\[\]{}=,;-]))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", "\n": "\n", "/": "/"}
_WORDS: dict[str, Any] = {"nil": None, "true": True, "false": False}


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise _outside(text[position:].strip()[:20])
        position = found.end()
        kind = found.lastgroup or ""
        yield kind, found[kind]


def _outside(what: str) -> TransformerInvalid:
    return TransformerInvalid(
        f"{what!r} is not in the language of templates.",
        fix='Use _body.name, customer_secrets.NAME, _escape_json(…), "text", .., or, and, ==, ~=.',
    )


class _Parser:
    """Reads from left to right; each method returns what the part of the text evaluates to."""

    def __init__(self, text: str, raw: bool) -> None:
        self._tokens = [*_tokens(text), ("end", "")]
        self._raw = raw
        self._at = 0
        self._depth = 0
        self.secrets: list[SecretReference] = []

    def expression(self, level: int) -> Node:
        """Read operators that bind at least as tightly as `level`: or, and, comparison, concatenation."""
        if level == len(_LEVELS):
            return self._operand()
        self._depth += 1
        if self._depth > _MAX_DEPTH * len(_LEVELS):
            raise TransformerInvalid("an expression is nested too deeply.")
        left = self.expression(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._next()[1]
            # concatenation binds to the right, which gives the same text
            left = _OPERATIONS[operator](left, self.expression(level + 1))
        self._depth -= 1
        return left

    def end(self) -> None:
        """Check that nothing is left."""
        if self._tokens[self._at][0] != "end":
            raise _outside(self._peek())

    def _operand(self) -> Node:
        kind, text = self._next()
        if kind == "string":
            return self._string(text)
        if kind == "number" or text == "-":
            return _constant(self._number(text))
        if text == "(":
            return self._parenthesis()
        if kind == "name":
            return self._name(text)
        raise _outside(text or "the end")

    def _number(self, text: str) -> int | float:
        sign = 1
        if text == "-":
            sign, (kind, text) = -1, self._next()
            if kind != "number":
                raise _outside(f"-{text}")
        return sign * (float(text) if "." in text else int(text[:30]))

    def _parenthesis(self) -> Node:
        if self._peek() == "{":
            inner: Node = _constant(self._table())
        else:
            inner = self.expression(0)
        self._expect(")")
        while self._peek() in {"[", "."}:
            inner = _indexed(inner, self._index())
        return inner

    def _index(self) -> Node:
        if self._next()[1] == ".":
            return _constant(self._word())
        key = self.expression(0)
        self._expect("]")
        return key

    def _table(self) -> dict[Any, Any]:
        self._expect("{")
        table: dict[Any, Any] = {}
        while self._peek() != "}":
            key = self._key()
            self._expect("=")
            table[key] = self._literal()
            if self._peek() in {",", ";"}:
                self._next()
            elif self._peek() != "}":
                raise _outside(self._peek())
        self._expect("}")
        return table

    def _key(self) -> Any:
        if self._peek() != "[":
            return self._word()
        self._next()
        key = self._literal()
        self._expect("]")
        return key

    def _literal(self) -> Any:
        kind, text = self._next()
        if kind == "string":
            return _unquoted(text)
        if kind == "number" or text == "-":
            return self._number(text)
        if text in {"true", "false"}:
            return _WORDS[text]
        raise _outside(text)

    def _name(self, name: str) -> Node:
        if name in _WORDS:
            return _constant(_WORDS[name])
        if name == "_escape_json":
            self._expect("(")
            inner = self.expression(0)
            self._expect(")")
            return lambda scope: _escaped(inner(scope))
        if name == "customer_secrets":
            self._expect(".")
            return self._secret(self._word())
        if name != "_body":
            raise _outside(name)
        node: Node = _body
        while self._peek() in {"[", "."}:
            node = _indexed(node, self._index())
        return node

    def _secret(self, name: str) -> Node:
        # without the secret it is nil, so the reference has a default
        self.secrets.append(SecretReference("customer", name, None, "", f"customer_secrets.{name}", 0, 0))
        return lambda scope: scope.secret(name)

    def _string(self, quoted: str) -> Node:
        text = _unquoted(quoted)
        try:
            template = parse(text, raw=self._raw)
        except TemplateSyntaxError as error:
            raise TransformerInvalid(error.message) from None
        if template.is_constant:
            return _constant(text)
        self.secrets.extend(template.secrets)
        return lambda scope: scope.render(template)

    def _word(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise _outside(text or "the end")
        return text

    def _peek(self) -> str:
        kind, text = self._tokens[self._at]
        return "" if kind in {"string", "number"} else text

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _expect(self, text: str) -> None:
        if self._peek() != text:
            raise TransformerInvalid(f"'{text}' is missing before {self._tokens[self._at][1] or 'the end'!r}.")
        self._next()


def _unquoted(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), quoted[1:-1], flags=re.DOTALL)


# -- evaluation ------------------------------------------------------------------------------------------------------


def _body(scope: Scope) -> Any:
    return scope.body


def _constant(value: Any) -> Node:
    return lambda scope: value


def _indexed(of: Node, by: Node) -> Node:
    def read(scope: Scope) -> Any:
        value, key = of(scope), by(scope)
        if isinstance(value, Mapping):
            return value.get(key) if isinstance(key, str | int | float) else None
        if isinstance(value, list) and type(key) is int:
            return value[key - 1] if 1 <= key <= len(value) else None
        return None

    return read


def _is_true(value: Any) -> bool:
    return value is not None and value is not False


def _or(left: Node, right: Node) -> Node:
    def read(scope: Scope) -> Any:
        value = left(scope)
        return value if _is_true(value) else right(scope)

    return read


def _and(left: Node, right: Node) -> Node:
    def read(scope: Scope) -> Any:
        value = left(scope)
        return right(scope) if _is_true(value) else value

    return read


def _equal(left: Node, right: Node) -> Node:
    def read(scope: Scope) -> bool:
        one, other = left(scope), right(scope)
        return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)

    return read


def _unequal(left: Node, right: Node) -> Node:
    equal = _equal(left, right)
    return lambda scope: not equal(scope)


def _concatenated(left: Node, right: Node) -> Node:
    return lambda scope: _piece(left(scope)) + _piece(right(scope))


def _piece(value: Any) -> str:
    if value is None or isinstance(value, bool):
        raise TransformFailed("A value that the template joins to a text is missing in this body.")
    return as_text(value)


def _escaped(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise TransformFailed("A value of this body cannot be written as JSON.") from None


_LEVELS = (("or",), ("and",), ("==", "~="), ("..",))
_OPERATIONS: dict[str, Callable[[Node, Node], Node]] = {
    "or": _or,
    "and": _and,
    "==": _equal,
    "~=": _unequal,
    "..": _concatenated,
}
