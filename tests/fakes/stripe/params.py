"""A request's form: `a[b][c]=1` into nested tables, and readers that refuse what Stripe would refuse."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qsl

from tests.fakes.stripe.errors import malformed

_LARGEST_AMOUNT = 99_999_999


def decoded(form: str) -> dict[str, Any]:
    """Return the nested tables and lists that a form means."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        table, key = root, head
        for part in rest:
            table = table.setdefault(key, {})
            key = part or str(len(table))
        table[key] = value
    return cast(dict[str, Any], _with_lists(root))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(inner) for key, inner in value.items()}


class Params:
    """The parameters of a request, or a table inside of them. prefix: how Stripe names the table in its messages.

    known: the names that the endpoint takes here; inner: the tables that it read. A test holds both against Stripe's.
    """

    def __init__(self, given: dict[str, Any], prefix: str = "") -> None:
        self.given = given
        self.known: set[str] = set()
        self.inner: dict[str, Params] = {}
        self._prefix = prefix

    def only(self, *names: str) -> Params:
        """Refuse every parameter that the endpoint does not know."""
        self.known.update(names)
        for name in self.given:
            if name not in names and name != "expand":
                raise malformed(
                    f"Received unknown parameter: {self._named(name)}",
                    param=self._named(name),
                    code="parameter_unknown",
                )
        return self

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def text(self, name: str, default: str | None = None) -> str | None:
        """Return a text, the default when it is not given; an empty one is None, as it is for Stripe."""
        value = self.given.get(name, default)
        if isinstance(value, dict | list):
            raise malformed(f"Invalid string: {value}", param=self._named(name))
        return value or None

    def required(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.text(name)
        if value is None:
            raise malformed(
                f"Missing required param: {self._named(name)}.", param=self._named(name), code="parameter_missing"
            )
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str | None:
        """Return one of some words."""
        value = self.text(name, default)
        if value is not None and value not in choices:
            raise malformed(
                f"Invalid {self._named(name)}: must be one of {', '.join(choices)}", param=self._named(name)
            )
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not value.lstrip("-").isascii() or not value.lstrip("-").isdecimal():
            raise malformed(f"Invalid integer: {value}", param=self._named(name), code="parameter_invalid_integer")
        return int(value)

    def amount(self, name: str = "amount") -> int:
        """Return a positive amount in the smallest coin."""
        self.required(name)
        value = self.integer(name) or 0
        if value < 1:
            raise malformed(
                "This value must be greater than or equal to 1.",
                param=self._named(name),
                code="parameter_invalid_integer",
            )
        if value > _LARGEST_AMOUNT:
            raise malformed("Amount must be no more than $999,999.99", param=self._named(name), code="amount_too_large")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a truth value."""
        value = self.text(name)
        if value is None:
            return default
        if value not in {"true", "false"}:
            raise malformed(f"Invalid boolean: {value}", param=self._named(name))
        return value == "true"

    def table(self, name: str) -> Params:
        """Return the table of that name, empty when it is not given."""
        value = self.given.get(name) or {}
        if not isinstance(value, dict):
            raise malformed("Invalid object", param=self._named(name))
        return self.inner.setdefault(name, Params(value, self._named(name)))

    def tables(self, name: str) -> list[Params]:
        """Return a list of tables."""
        value = self.given.get(name) or []
        if not isinstance(value, list):
            raise malformed("Invalid array", param=self._named(name))
        rows = [Params(row, f"{self._named(name)}[{number}]") for number, row in enumerate(value)]
        self.inner.update((f"{name}[{number}]", row) for number, row in enumerate(rows))
        return rows

    def words(self, name: str) -> list[str]:
        """Return a list of words."""
        value = self.given.get(name) or []
        if not isinstance(value, list):
            raise malformed("Invalid array", param=self._named(name))
        return [str(word) for word in value]

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Return the metadata: given ones over those before, empty ones taken away."""
        merged = {**(before or {}), **self.table("metadata").given}
        if len(merged) > 50 or any(len(str(value)) > 500 or len(key) > 40 for key, value in merged.items()):
            raise malformed("Metadata: at most 50 keys of 40 characters, values of 500.", param="metadata")
        return {key: str(value) for key, value in merged.items() if value != ""}

    def _named(self, name: str) -> str:
        return f"{self._prefix}[{name}]" if self._prefix else name
