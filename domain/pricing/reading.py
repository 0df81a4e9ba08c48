"""From a document to a price: every field is checked, every problem is collected with its path."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from domain.pricing.decimals import ZERO, InvalidDecimal, parse_decimal
from domain.pricing.errors import Problem, kind_of, quoted
from domain.pricing.expressions import PAYOUT_NAMES, Expression, InvalidExpression, parse_expression
from domain.pricing.price import Price

MAX_DEPTH = 10
MAX_BREADTH = 50
#: All objects of one price together; keeps an evaluation short whatever the shape of the tree.
MAX_PARTS = 500

Side = Literal["list", "payout", "promotion"]
Read = Callable[["Fields"], Price]

#: Words that sellers write for ours; difflib finds the misspelt ones.
_MEANT = {
    "rate": ("unit_price", "price"),
    "amount": ("price", "unit_price"),
    "cost": ("price", "unit_price"),
    "cached": ("cached_input",),
    "limit": ("up_to",),
    "max": ("up_to",),
    "metric": ("based_on",),
    "expression": ("expr",),
    "percent": ("percentage",),
    "multiplier": ("factor",),
    "children": ("prices", "channels"),
    "items": ("prices",),
}


@dataclass(slots=True)
class Reading:
    """One pass over a whole price. side: which field of the documents it is for; None once it is stored."""

    kinds: Mapping[str, Read]
    side: Side | None
    problems: list[Problem] = field(default_factory=list)
    parts: int = 0

    def report(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def warn(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message, "warning"))

    def price(self, document: object, path: str = "", depth: int = 1) -> Price | None:
        """Read one price and all its children; None when it is not even the beginning of one."""
        self.parts += 1
        if self.parts > MAX_PARTS:
            if self.parts == MAX_PARTS + 1:
                self.report(path, f"a price has at most {MAX_PARTS} parts in all; simplify it")
            return None
        if depth > MAX_DEPTH:
            self.report(path, f"prices are nested at most {MAX_DEPTH} deep")
            return None
        if not isinstance(document, Mapping):
            self.report(path, f"must be an object with a 'type', got {kind_of(document)}")
            return None
        kind = document.get("type")
        if not isinstance(kind, str) or kind not in self.kinds:
            self.report(path, self._wrong_type(kind))
            return None
        fields = Fields(self, document, path, depth)
        price = self.kinds[kind](fields)
        fields.close()
        return price

    def _wrong_type(self, kind: object) -> str:
        valid = ", ".join(f"'{name}'" for name in self.kinds)
        if kind is None:
            return f"'type' is required. Valid types: {valid}"
        return f"Invalid pricing type {quoted(kind)}. Valid types: {valid}"


class Fields:
    """One object being read. What is asked for is checked; what nobody asked for is unknown.

    After a problem the answer is a harmless placeholder: a price with errors is never used.
    """

    def __init__(self, reading: Reading, document: Mapping[str, object], path: str, depth: int) -> None:
        self._reading = reading
        self._document = document
        self._path = path
        self._depth = depth
        self._known: list[str] = []
        self._required: dict[str, Problem] = {}
        self.type = str(document.get("type", ""))
        self.description: str | None = None

    @property
    def side(self) -> Side | None:
        return self._reading.side

    @property
    def is_root(self) -> bool:
        return self._depth == 1

    def report(self, message: str, name: str | None = None) -> None:
        self._reading.report(self._path if name is None else self.path(name), message)

    def warn(self, message: str, name: str | None = None) -> None:
        self._reading.warn(self._path if name is None else self.path(name), message)

    def path(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def common(self) -> None:
        """Read the fields that every kind has, except `price`, which has its own rules in each."""
        self._know("type")
        self.description = self.text("description")
        self.text("reference")

    def payout_only(self) -> None:
        if self.side not in (None, "payout"):
            self.report(f"'{self.type}' is only allowed in payout_price")

    def has(self, name: str) -> bool:
        """Whether a field is there. Null counts as absent, for decimals an empty text too."""
        self._know(name)
        return self._document.get(name) not in (None, "")

    def text(self, name: str) -> str | None:
        value = self._get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.report(f"must be text, got {kind_of(value)}", name)
        elif "\0" in value:
            self.report("must not contain NUL characters", name)
        else:
            return value
        return None

    def required_text(self, name: str) -> str:
        if self._get(name) is None:
            self._require(name, f"'{name}' is required")
            return ""
        return self.text(name) or ""

    def optional_decimal(self, name: str, *, empty_is_absent: bool = False) -> Decimal | None:
        value = self._get(name)
        if value is None or (value == "" and empty_is_absent):
            return None
        return self._decimal(name, value)

    def decimal(self, name: str) -> Decimal:
        value = self._get(name)
        if value is None:
            self._require(name, f"'{name}' is required: a decimal in quotes, like \"0.50\"")
            return ZERO
        return self._decimal(name, value)

    def expression(self, name: str) -> Expression:
        """Read arithmetic over metrics; on list prices without the payout's numbers."""
        placeholder = Expression("0", (), (), None)
        value = self._get(name)
        if value is None:
            self._require(name, f"'{name}' is required: a metric, or arithmetic over metrics")
            return placeholder
        if not isinstance(value, str):
            self.report(f"must be text, got {kind_of(value)}", name)
            return placeholder
        try:
            expression = parse_expression(value)
        except InvalidExpression as error:
            self.report(str(error), name)
            return placeholder
        self._check_names(expression, name)
        return expression

    def child(self, name: str, *, required: bool = True) -> Price | None:
        value = self._get(name)
        if value is None:
            if required:
                self._require(name, f"'{name}' is required: a price object")
            return None
        return self._reading.price(value, self.path(name), self._depth + 1)

    def children(self, name: str) -> tuple[Price, ...]:
        found = (
            self._reading.price(item, self.path(f"{name}[{i}]"), self._depth + 1)
            for i, item in enumerate(self._list(name))
        )
        return tuple(price for price in found if price is not None)

    def named_children(self, name: str) -> dict[str, Price]:
        """Read an object of prices: {name: price}."""
        value = self._get(name)
        if not isinstance(value, Mapping) or not value:
            self._require(name, f"'{name}' is required: an object with at least one named price")
            return {}
        if len(value) > MAX_BREADTH:
            self.report(f"has {len(value)} entries, at most {MAX_BREADTH} are allowed", name)
            return {}
        prices: dict[str, Price] = {}
        for key, item in value.items():
            if not _is_name(key):
                self.report(f"{quoted(key)} is not a name of 1 to 100 printable characters", name)
                continue
            price = self._reading.price(item, self.path(f"{name}.{key}"), self._depth + 1)
            if price is not None:
                prices[key] = price
        return prices

    def objects(self, name: str) -> list[Fields]:
        """Read a list of plain objects, such as tiers. The caller closes each one."""
        found = []
        for i, item in enumerate(self._list(name)):
            path = self.path(f"{name}[{i}]")
            if isinstance(item, Mapping):
                found.append(Fields(self._reading, item, path, self._depth))
            else:
                self._reading.report(path, f"must be an object, got {kind_of(item)}")
        return found

    def limit(self, name: str) -> int | None:
        """Read the inclusive end of a tier: a whole number of at least 0, or null for no end."""
        self._know(name)
        if name not in self._document:
            self._require(name, f"'{name}' is required: a whole number, or null in the last tier")
            return None
        value = self._document[name]
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= 10**18:
            self.report(f"must be a whole number between 0 and 10^18, or null, got {quoted(value)}", name)
            return None
        return value

    def close(self) -> None:
        """Report the fields that nobody asked for, with the one that was probably meant."""
        unknown = [key for key in self._document if key not in self._known]
        if len(unknown) > MAX_BREADTH:
            self.report(f"has {len(unknown)} unknown fields, such as {quoted(unknown[0])}")
            return
        for key in unknown:
            meant = self._guess(str(key))
            if meant in self._required:
                self._reading.problems.remove(self._required.pop(meant))
            hint = f" (did you mean '{meant}'?)" if meant else ""
            self.report(f"unknown field {quoted(key)}{hint}")

    def _get(self, name: str) -> object:
        self._know(name)
        return self._document.get(name)

    def _know(self, name: str) -> None:
        if name not in self._known:
            self._known.append(name)

    def _require(self, name: str, message: str) -> None:
        problem = Problem(self._path, message)
        self._required[name] = problem
        self._reading.problems.append(problem)

    def _decimal(self, name: str, value: object) -> Decimal:
        if not isinstance(value, str):
            self.report(f'must be a decimal in quotes, like "0.50", got {kind_of(value)}', name)
            return ZERO
        try:
            number = parse_decimal(value)
        except InvalidDecimal as error:
            self.report(str(error), name)
            return ZERO
        if number < 0 and self.side == "list":
            self.report(f"must not be negative in a list price, got {quoted(value)}", name)
        return number

    def _list(self, name: str) -> Iterable[object]:
        value = self._get(name)
        if not isinstance(value, list | tuple) or not value:
            self._require(name, f"'{name}' is required: a list with at least one entry")
            return ()
        if len(value) > MAX_BREADTH:
            self.report(f"has {len(value)} entries, at most {MAX_BREADTH} are allowed", name)
            return ()
        return value

    def _check_names(self, expression: Expression, name: str) -> None:
        if self.side not in (None, "payout"):
            for used in expression.names:
                if used in PAYOUT_NAMES:
                    self.report(f"'{used}' is only known in payout_price", name)
        for unit in expression.unconverted_units():
            self.warn(f"inside an expression '{unit}' counts only usage in that very unit; nothing is converted", name)

    def _guess(self, key: str) -> str | None:
        open_fields = [name for name in self._known if self._document.get(name) is None]
        for meant in _MEANT.get(key, ()):
            if meant in open_fields:
                return meant
        close = difflib.get_close_matches(key[:40], open_fields, n=1)
        return close[0] if close else None


def _is_name(key: object) -> bool:
    return isinstance(key, str) and 0 < len(key) <= 100 and key.isprintable()
