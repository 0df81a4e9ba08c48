"""Arithmetic over usage metrics, as in `based_on` and `expr`: parsed once against a whitelist, no Python is run.

Grammar: names, decimal literals, + - * /, signs, parentheses. At most 500 ASCII characters, nested at most 50 deep.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from domain.pricing.call import Call
from domain.pricing.decimals import ZERO
from domain.pricing.errors import PricingError, quoted
from domain.pricing.usage_metrics import GROUP_OF, METRICS, most, resolve, usage_had

MAX_LENGTH = 500
MAX_NESTING = 50
#: Literals outside 10^-40 .. 10^40 have no use in a price.
MAX_EXPONENT = 40

#: Known to an evaluation beside the usage, on the payout side.
PAYOUT_NAMES = frozenset({"request_count", "customer_charge"})
NAMES = METRICS | PAYOUT_NAMES

_SYMBOLS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}

#: What Python's tokenizer takes for a number, trailing letters included ("1if" would only be a warning there).
_NUMBER_RUN = re.compile(r"(?<![\w.])(?:0[xX]\w*|(?:\d|\.\d)(?:[\w.]|(?<=[eE])[+-](?=\d))*)")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]+|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]+)?[jJ]?")


class InvalidExpression(ValueError):
    """The text is not an expression that we evaluate; the sentence says why."""


class Push(NamedTuple):
    """Put a constant on the stack."""

    value: Decimal


class Read(NamedTuple):
    """Put the own, unconverted amount of a metric on the stack."""

    name: str


class Apply(NamedTuple):
    """Replace the two top values by their result; "neg" replaces one."""

    symbol: str


Step = Push | Read | Apply


class Range(NamedTuple):
    """The values an expression can take. sure: it has one for every usage within the bounds."""

    low: Decimal
    high: Decimal
    sure: bool


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression. steps: in postfix order; unit: set when the whole text is one group unit, which converts."""

    text: str
    names: tuple[str, ...]
    steps: tuple[Step, ...]
    unit: str | None

    def value(self, call: Call) -> Decimal:
        """Compute it. Missing metrics count 0, but a group unit on its own must be found.

        Raises: PricingError, also for a division by zero.
        """
        if self.unit is not None:
            found = resolve(self.unit, call.amounts)
            if found is None:
                raise self._unit_missing(call)
            return Decimal(found)
        stack: list[Decimal] = []
        for step in self.steps:
            if isinstance(step, Push):
                stack.append(step.value)
            elif isinstance(step, Read):
                stack.append(_amount(step.name, call))
            elif step.symbol == "neg":
                stack.append(-stack.pop())
            else:
                right = stack.pop()
                stack.append(self._apply(step.symbol, stack.pop(), right))
        return stack.pop()

    def range(self, box: Call) -> Range | None:
        """Return the values possible within the bounds of `box`; None when nothing limits them (a division)."""
        if self.unit is not None:
            found = most(self.unit, box.amounts)
            if found is None:
                raise self._unit_missing(box)
            return Range(ZERO, Decimal(found), sure=False)
        return _range(self.steps, box)

    def missing(self, call: Call) -> frozenset[str]:
        """Return the names it reads that the call does not have."""
        if self.unit is not None:
            return frozenset() if resolve(self.unit, call.amounts) is not None else frozenset({self.unit})
        return frozenset(name for name in self.names if not _is_known(name, call))

    def unconverted_units(self) -> tuple[str, ...]:
        """Return the group units inside a compound expression, where only that very unit counts."""
        return () if self.unit is not None else tuple(name for name in self.names if name in GROUP_OF)

    def _apply(self, symbol: str, left: Decimal, right: Decimal) -> Decimal:
        if symbol == "/" and right == 0:
            raise PricingError(f"Division by zero in '{self.text}'")
        return _combine(symbol, left, right)

    def _unit_missing(self, call: Call) -> PricingError:
        group = GROUP_OF[self.text]
        members = ", ".join(group.factors)
        return PricingError(
            f"Metric '{self.text}' requires {group.name} data in usage (one of: {members}); {usage_had(call.amounts)}"
        )


def parse_expression(text: str) -> Expression:
    """Check the syntax and the names of an expression and return it ready to compute. Blanks around it are allowed.

    Raises: InvalidExpression.
    """
    source = text.strip(" \t")
    _check_text(source)
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _syntax_error(source) from None
    steps: list[Step] = []
    _compile(tree.body, source, steps, depth=0)
    if "#" in source:
        raise _syntax_error(source)
    names = tuple(dict.fromkeys(step.name for step in steps if isinstance(step, Read)))
    return Expression(source, names, tuple(steps), unit=source if source in GROUP_OF else None)


def _check_text(source: str) -> None:
    """Refuse, before Python's parser sees it, what is too long, too deep or outside printable ASCII."""
    if len(source) > MAX_LENGTH:
        raise InvalidExpression(f"an expression has at most {MAX_LENGTH} characters, this one has {len(source)}")
    if not source.isascii() or not source.isprintable() or "\\" in source:
        raise _syntax_error(source)
    depth = 0
    for character in source:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_NESTING:
            raise InvalidExpression(f"an expression is nested at most {MAX_NESTING} deep: {quoted(source)}")
    if not all(_NUMBER.fullmatch(run) for run in _NUMBER_RUN.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "''", source))):
        raise _syntax_error(source)


def _compile(node: ast.expr, source: str, steps: list[Step], depth: int) -> None:
    """Append the steps of a node. A chain like a + b + c is walked flat, so that only real nesting counts."""
    if depth > MAX_NESTING:
        raise InvalidExpression(f"an expression is nested at most {MAX_NESTING} deep: {quoted(source)}")
    pending: list[tuple[ast.expr, str]] = []
    while isinstance(node, ast.BinOp):
        pending.append((node.right, _symbol(node.op)))
        node = node.left
    _compile_operand(node, source, steps, depth)
    for right, symbol in reversed(pending):
        _compile(right, source, steps, depth + 1)
        steps.append(Apply(symbol))


def _compile_operand(node: ast.expr, source: str, steps: list[Step], depth: int) -> None:
    if isinstance(node, ast.Constant):
        steps.append(Push(_literal(node, source)))
    elif isinstance(node, ast.Name):
        if node.id not in NAMES:
            raise InvalidExpression(f"Unknown metric: {node.id}")
        steps.append(Read(node.id))
    elif isinstance(node, ast.UnaryOp):
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise InvalidExpression(f"Unsupported unary operator: {type(node.op).__name__}")
        _compile(node.operand, source, steps, depth + 1)
        if isinstance(node.op, ast.USub):
            steps.append(Apply("neg"))
    else:
        raise InvalidExpression(f"Unsupported expression type: {type(node).__name__}")


def _symbol(operator: ast.operator) -> str:
    try:
        return _SYMBOLS[type(operator)]
    except KeyError:
        raise InvalidExpression(f"Unsupported operator: {type(operator).__name__}") from None


def _literal(node: ast.Constant, source: str) -> Decimal:
    """Read a literal again from its text, so that no float comes between."""
    if type(node.value) not in (int, float):
        raise InvalidExpression(f"Unsupported constant type: {type(node.value).__name__}")
    text = source[node.col_offset : node.end_col_offset]
    try:
        value = Decimal(int(text, 16)) if text[:2] in ("0x", "0X") else Decimal(text.replace("_", ""))
    except (InvalidOperation, ValueError):
        raise _syntax_error(source) from None
    if value and not -MAX_EXPONENT <= value.adjusted() <= MAX_EXPONENT:
        raise InvalidExpression(f"the number {quoted(text)} is out of range")
    return value or ZERO


def _amount(name: str, call: Call) -> Decimal:
    if name == "request_count":
        return Decimal(call.request_count or 0)
    if name == "customer_charge":
        return call.customer_charge or ZERO
    return Decimal(call.amounts.get(name, 0))


def _is_known(name: str, call: Call) -> bool:
    if name == "request_count":
        return call.request_count is not None
    if name == "customer_charge":
        return call.customer_charge is not None
    return name in call.amounts


def _combine(symbol: str, left: Decimal, right: Decimal) -> Decimal:
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    return left * right if symbol == "*" else left / right


def _range(steps: tuple[Step, ...], box: Call) -> Range | None:
    """Compute with intervals: metrics run from 0 to their bound, the payout's numbers are exact."""
    stack: list[tuple[Decimal, Decimal]] = []
    for step in steps:
        if isinstance(step, Push):
            stack.append((step.value, step.value))
        elif isinstance(step, Read):
            bound = _amount(step.name, box)
            stack.append((bound if step.name in PAYOUT_NAMES else ZERO, bound))
        elif step.symbol == "neg":
            low, high = stack.pop()
            stack.append((-high, -low))
        else:
            (c, d), (a, b) = stack.pop(), stack.pop()
            if step.symbol == "/" and c <= 0 <= d:
                return None
            stack.append(_combine_ranges(step.symbol, (a, b), (c, d)))
    return Range(*stack.pop(), sure=True)


def _combine_ranges(
    symbol: str, left: tuple[Decimal, Decimal], right: tuple[Decimal, Decimal]
) -> tuple[Decimal, Decimal]:
    if symbol == "-":
        return left[0] - right[1], left[1] - right[0]
    if symbol == "+":
        return left[0] + right[0], left[1] + right[1]
    corners = [_combine(symbol, a, b) for a in left for b in right]
    return min(corners), max(corners)


def _syntax_error(source: str) -> InvalidExpression:
    return InvalidExpression(f"Invalid expression syntax: {source if source.isprintable() else quoted(source)}")
