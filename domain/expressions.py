"""Membership rules of service groups: `service_type == 'llm' and 'premium' in tags`.

Python's grammar, of which a whitelist is taken over into nodes of our own. Python never compiles or evaluates it.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

#: What a rule may ask about a service.
NAMES = (
    "service_id",
    "seller_id",
    "provider_id",
    "seller_name",
    "provider_name",
    "name",
    "display_name",
    "service_type",
    "status",
    "listing_type",
    "tags",
    "is_featured",
)
MAX_CHARACTERS = 1_000
_MAX_NODES = 200
_MAX_DEPTH = 20
_MAX_STRING = 200
#: Words of older rules, by the name they are compared with.
_OLDER_WORDS = {"listing_type": {"self_hosted": "byoe", "regular": "managed"}, "tags": {"byop": "byok"}}

Value = str | int | bool | None | tuple["Value", ...]


class ExpressionError(ValueError):
    """The text is not a rule. column: from 1. hint: what was probably meant, or ""."""

    def __init__(self, problem: str, column: int, hint: str = "") -> None:
        self.column = column
        self.message = f"{problem} at column {column}{hint}"
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a fact about the service."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; a list, tuple or set is a tuple here."""

    value: Value


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple or set that holds names."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """`first op second op third`, as in Python: every neighbouring pair holds."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """`and`."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`or`."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not`."""

    operand: Node


Node = Name | Constant | Sequence | Compare | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed membership rule."""

    source: str
    root: Node


@dataclass(frozen=True, slots=True)
class Membership:
    """What a rule says of a service. diagnostic: why it could not be answered (nobody is a member then), or ""."""

    is_member: bool
    diagnostic: str = ""


# -- parsing ---------------------------------------------------------------------------------------------------------

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def parse(source: str) -> Rule:
    """Return the rule in `source`. Raises ExpressionError with the column of what is not allowed."""
    if len(source) > MAX_CHARACTERS:
        raise ExpressionError(f"the expression is longer than {MAX_CHARACTERS} characters", MAX_CHARACTERS)
    text = source.lstrip(" ")
    if not text:
        raise ExpressionError("the expression is empty", 1)
    indent = len(source) - len(text)
    _check_characters(source)
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        # an expression that ends too early has its error on the line after it
        column = error.offset if error.lineno == 1 and error.offset else len(text) + 1
        raise ExpressionError(f"syntax error: {error.msg}", column + indent) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError("the expression cannot be read", 1) from None
    return Rule(source, _Builder(text, indent).node(tree.body, depth=1))


def _check_characters(text: str) -> None:
    """Refuse control characters, escapes, and anything but ASCII outside of strings.

    Python folds look-alike letters in names (NFKC), so only a check before parsing is worth something.
    """
    quote = ""
    for column, character in enumerate(text, start=1):
        if not character.isprintable():
            raise ExpressionError("control characters are not allowed", column)
        if character == "\\":
            raise ExpressionError("'\\' is not allowed", column)
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif not character.isascii():
            raise ExpressionError(f"{character!r} is only allowed inside quotes", column)


class _Builder:
    """Takes the allowed nodes over, counting them."""

    def __init__(self, text: str, indent: int) -> None:
        self._encoded, self._indent = text.encode(), indent
        self._count = 0

    def node(self, tree: ast.expr, *, depth: int) -> Node:
        self._count += 1
        if depth > _MAX_DEPTH or self._count > _MAX_NODES:
            raise ExpressionError("the expression is too complex", self._column(tree))
        match tree:
            case ast.Name(id=name):
                return self._name(tree, name)
            case ast.Constant(value=value):
                return self._constant(tree, value)
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return _sequence(tuple(self._each(items, depth)))
            case ast.BoolOp(op=ast.And(), values=values):
                return All(tuple(self._each(values, depth)))
            case ast.BoolOp(op=ast.Or(), values=values):
                return AnyOf(tuple(self._each(values, depth)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.node(operand, depth=depth + 1))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))) if type(number) is int:
                return Constant(-number)
            case ast.Compare(left=left, ops=operators, comparators=others):
                operands = tuple(self._each([left, *others], depth))
                return Compare(_with_current_words(operands), tuple(self._operator(tree, op) for op in operators))
        raise ExpressionError(self._refusal(tree), self._column(tree))

    def _each(self, trees: list[ast.expr], depth: int) -> Iterator[Node]:
        return (self.node(tree, depth=depth + 1) for tree in trees)

    def _name(self, tree: ast.Name, name: str) -> Name:
        if name not in NAMES:
            close = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.5)
            started = [known for known in NAMES if known.startswith(name + "_")]
            # `provider` is the start of two names; the one that people compare with a word is the better guess
            guess = next((known for known in started if known.endswith("_name")), None) or next(iter(close), "")
            hint = f" (did you mean {guess}?)" if guess else f" (known: {', '.join(NAMES)})"
            raise ExpressionError(f"unknown name '{name[:40]}'", self._column(tree), hint)
        return Name(name)

    def _constant(self, tree: ast.Constant, value: object) -> Constant:
        if isinstance(value, str) and len(value) > _MAX_STRING:
            raise ExpressionError(f"a text is longer than {_MAX_STRING} characters", self._column(tree))
        if value is None or isinstance(value, str | int):
            return Constant(value)
        raise ExpressionError("only texts, whole numbers, True, False and None are allowed", self._column(tree))

    def _operator(self, tree: ast.Compare, operator: ast.cmpop) -> str:
        if type(operator) not in _COMPARISONS:
            raise ExpressionError("'is' is not allowed; use == or !=", self._column(tree))
        return _COMPARISONS[type(operator)]

    def _refusal(self, tree: ast.expr) -> str:
        match tree:
            case ast.Call(func=ast.Name(id=name)):
                return f"'{name[:40]}(...)' is not allowed; functions cannot be called in a rule"
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Attribute(attr=name):
                return f"'.{name[:40]}' is not allowed; compare with ==, in or <"
        return f"{type(tree).__name__} is not allowed; use names, literals, comparisons, and, or, not"

    def _column(self, tree: ast.expr) -> int:
        return len(self._encoded[: tree.col_offset].decode("utf-8", "ignore")) + 1 + self._indent


def _sequence(items: tuple[Node, ...]) -> Constant | Sequence:
    if all(isinstance(item, Constant) for item in items):
        return Constant(tuple(item.value for item in items if isinstance(item, Constant)))
    return Sequence(items)


def _with_current_words(operands: tuple[Node, ...]) -> tuple[Node, ...]:
    """Put today's word in the place of an older one that a name is compared with."""
    for operand in operands:
        if isinstance(operand, Name) and operand.name in _OLDER_WORDS:
            words = _OLDER_WORDS[operand.name]
            return tuple(Constant(_reworded(o.value, words)) if isinstance(o, Constant) else o for o in operands)
    return operands


def _reworded(value: Value, words: Mapping[str, str]) -> Value:
    if isinstance(value, tuple):
        return tuple(_reworded(item, words) for item in value)
    return words.get(value, value) if isinstance(value, str) else value


# -- evaluating ------------------------------------------------------------------------------------------------------


class _Unanswerable(Exception):
    """The rule compares what cannot be compared."""


def evaluate(rule: Rule, facts: Mapping[str, object]) -> Membership:
    """Return whether the service with these facts is a member.

    facts: the values of NAMES; a missing one counts as None. A rule that cannot be answered admits nobody.
    """
    try:
        return Membership(bool(_value(rule.root, facts)))
    except _Unanswerable as error:
        return Membership(False, str(error))


def _value(node: Node, facts: Mapping[str, object]) -> object:
    match node:
        case Name(name=name):
            value = facts.get(name)
            return tuple(value) if isinstance(value, list) else value
        case Constant(value=value):
            return value
        case Sequence(items=items):
            return tuple(_value(item, facts) for item in items)
        case Not(operand=operand):
            return not _value(operand, facts)
        case All(operands=operands):
            return all(_value(operand, facts) for operand in operands)
        case AnyOf(operands=operands):
            return any(_value(operand, facts) for operand in operands)
        case Compare(operands=operands, operators=operators):
            return _compared([_value(operand, facts) for operand in operands], operators)


def _compared(values: list[object], operators: tuple[str, ...]) -> bool:
    return all(_holds(values[i], operator, values[i + 1]) for i, operator in enumerate(operators))


def _holds(left: object, operator: str, right: object) -> bool:
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "in":
            return _contains(left, right)
        case "not in":
            return not _contains(left, right)
    return _ordered(left, operator, right)


def _contains(item: object, container: object) -> bool:
    if isinstance(container, list | tuple | set | frozenset):
        return item in container
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    raise _Unanswerable("'in' needs a list, or a text in a text")


_ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


def _ordered(left: object, operator: str, right: object) -> bool:
    if (isinstance(left, str) and isinstance(right, str)) or (isinstance(left, int) and isinstance(right, int)):
        return _ORDERS[operator]((left > right) - (left < right))  # type: ignore[operator]
    raise _Unanswerable(f"'{operator}' compares two texts or two numbers")
