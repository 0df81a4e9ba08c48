"""What a seller may ask of an answer: `status == 200 and body.error`, `body.code not in (0, "ok")`, `headers.x_state`.

The grammar of Python and Jinja expressions, of which a whitelist is taken over into nodes of our own. Python never
compiles or evaluates it. What is not there is None, and a comparison that makes no sense is false: nothing here fails.
"""

from __future__ import annotations

import ast
import difflib
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: What can be read: the status, the headers by name, the body as JSON or, where it is none, as text.
ROOTS = ("status", "headers", "body")
MAX_CHARACTERS = 1_000
_MAX_NODES = 200
_MAX_DEPTH = 30
_WORDS: dict[str, object] = {"true": True, "false": False, "none": None, "null": None, "True": True, "False": False}

Facts = Mapping[str, object]
Node = Callable[[Facts], object]


class ConditionError(ValueError):
    """The text is not a condition. column: from 1."""

    def __init__(self, problem: str, column: int, hint: str = "") -> None:
        self.column = column
        self.message = f"{problem} at column {column}{hint}"
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that has been read. reads: the roots that it asks about."""

    source: str
    reads: frozenset[str]
    _root: Node

    def value(self, facts: Facts) -> object:
        """Return what it comes to. facts: the values of ROOTS."""
        try:
            return self._root(facts)
        except RecursionError:  # two values nested as deeply as an upstream likes
            return None

    def holds(self, facts: Facts) -> bool:
        """Return whether it comes to something: not None, false, 0, "" or what is empty."""
        return bool(self.value(facts))


def parse(source: str) -> Condition:
    """Return the condition in `source`. Raises ConditionError."""
    if len(source) > MAX_CHARACTERS:
        raise ConditionError(f"the condition is longer than {MAX_CHARACTERS} characters", MAX_CHARACTERS)
    text = source.strip()
    if not text:
        raise ConditionError("the condition is empty", 1)
    if not text.isprintable():
        raise ConditionError("only one line of printable characters is allowed", 1)
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise ConditionError(f"syntax error: {error.msg}", error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise ConditionError("the condition cannot be read", 1) from None
    builder = _Builder()
    root = builder.node(tree.body, depth=1)
    return Condition(text, frozenset(builder.reads), root)


class _Builder:
    """Takes the allowed nodes over, counting them. reads: the roots that were met."""

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self._count = 0

    def node(self, tree: ast.expr, *, depth: int) -> Node:
        self._count += 1
        if depth > _MAX_DEPTH or self._count > _MAX_NODES:
            raise ConditionError("the condition is too complex", tree.col_offset + 1)
        match tree:
            case ast.Constant(value=None | str() | int() | float() as value):
                return _constant(value)
            case ast.Name(id=name):
                return self._name(tree, name)
            case ast.Attribute(value=of, attr=name):
                return self._member(of, _constant(name), depth)
            case ast.Subscript(value=of, slice=ast.Constant(value=str() | int() as key)):
                return self._member(of, _constant(key), depth)
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return _sequence([self.node(item, depth=depth + 1) for item in items])
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return _constant(-number)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _negation(self.node(operand, depth=depth + 1))
            case ast.BoolOp(op=op, values=values):
                return _either([self.node(v, depth=depth + 1) for v in values], is_or=isinstance(op, ast.Or))
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._comparison([left, *others], ops, depth)
        allowed = "; use names, texts, numbers, comparisons, and, or, not"
        raise ConditionError(f"{type(tree).__name__} is not allowed", tree.col_offset + 1, allowed)

    def _name(self, tree: ast.Name, name: str) -> Node:
        if name in _WORDS:
            return _constant(_WORDS[name])
        if name not in ROOTS:
            close = difflib.get_close_matches(name, ROOTS, n=1, cutoff=0.5)
            hint = f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(ROOTS)})"
            raise ConditionError(f"unknown name '{name[:40]}'", tree.col_offset + 1, hint)
        self.reads.add(name)
        return lambda facts: facts.get(name)

    def _member(self, of: ast.expr, key: Node, depth: int) -> Node:
        found = self.node(of, depth=depth + 1)
        if isinstance(of, ast.Name) and of.id == "headers":
            name = str(key({})).lower()
            # a header is spelt with hyphens, which no name can have
            return lambda facts: _header(found(facts), name)
        return lambda facts: _read(found(facts), key(facts))

    def _comparison(self, trees: list[ast.expr], ops: list[ast.cmpop], depth: int) -> Node:
        operands = [self._operand(tree, depth) for tree in trees]
        pairs = [(operands[i], _COMPARISONS[type(op)], operands[i + 1]) for i, op in enumerate(ops)]
        return lambda facts: all(holds(left(facts), right(facts)) for left, holds, right in pairs)

    def _operand(self, tree: ast.expr, depth: int) -> Node:
        if isinstance(tree, ast.Name) and tree.id == "defined":
            return _constant(_DEFINED)
        return self.node(tree, depth=depth + 1)


#: What stands behind `is` for whatever is there.
_DEFINED = object()


def _constant(value: object) -> Node:
    return lambda facts: value


def _sequence(items: list[Node]) -> Node:
    return lambda facts: [item(facts) for item in items]


def _negation(operand: Node) -> Node:
    return lambda facts: not operand(facts)


def _either(operands: list[Node], *, is_or: bool) -> Node:
    if is_or:
        return lambda facts: any(operand(facts) for operand in operands)
    return lambda facts: all(operand(facts) for operand in operands)


def _header(headers: object, name: str) -> object:
    if not isinstance(headers, Mapping):
        return None
    return headers.get(name, headers.get(name.replace("_", "-")))


def _read(value: object, key: object) -> object:
    if isinstance(value, Mapping):
        return value.get(key) if isinstance(key, str) else None
    if isinstance(value, list) and type(key) is int:
        return value[key] if 0 <= key < len(value) else None
    return None


def _is(left: object, right: object) -> bool:
    if right is _DEFINED:
        return left is not None
    return left is right or (type(left) is type(right) and left == right)


def _contains(item: object, container: object) -> bool:
    if isinstance(container, list):
        return item in container
    if isinstance(item, str) and isinstance(container, str | Mapping):
        return item in container
    return False


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def compare(left: object, right: object) -> bool:
        both_numbers = isinstance(left, int | float) and isinstance(right, int | float)
        return (both_numbers or (isinstance(left, str) and isinstance(right, str))) and holds(left, right)

    return compare


_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: _is,
    ast.IsNot: lambda left, right: not _is(left, right),
    ast.In: _contains,
    ast.NotIn: lambda left, right: not _contains(left, right),
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
}
