"""What a revision changes, field by field and in words, for people who read no files."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from domain import pricing
from marketplace.catalog.models import Service

Kind = Literal["added", "removed", "changed"]
_PRICES = ("list_price", "payout_price")
#: Where a document's content is: the address of a blob says nothing to a person.
_CONTENTS = ("file_content", "external_url", "file_path")
#: Of the files, not of the service.
_LEFT_OUT = ("schema", "time_created", "time_updated")
_LONG = 160


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. part: Provider, Offering or Listing; field: where in it; before, after: in words."""

    part: str
    field: str
    kind: Kind
    before: str
    after: str


def changed_fields(service: Service) -> list[FieldChange]:
    """Return what a revision changes of its original, prices first; nothing for a service that is not a revision."""
    original = service.revision_of
    if original is None:
        return []
    parts = {
        "Provider": (original.provider.data, service.provider_data),
        "Offering": (original.offering.data, service.offering.data),
        "Listing": (original.listing.data, service.listing.data),
    }
    found = [change for part, (before, after) in parts.items() for change in compared(part, before, after)]
    return sorted(found, key=lambda change: change.field.replace(" ", "_") not in _PRICES)


def compared(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """Return the fields in which two states of a file differ, in the order of their names."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [_change(part, path, old, new) for path in sorted({*old, *new}) if old.get(path) != new.get(path)]


def _change(part: str, path: tuple[str, ...], old: Mapping[Any, Any], new: Mapping[Any, Any]) -> FieldChange:
    kind: Kind = "added" if path not in old else "removed" if path not in new else "changed"
    before, after = old.get(path), new.get(path)
    field = " › ".join(step.replace("_", " ") for step in path)
    is_long = isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > _LONG
    if kind == "changed" and (is_long or path[-1] in _CONTENTS):
        return FieldChange(part, field, kind, "", _lines_changed(before, after))
    return FieldChange(part, field, kind, _written(before), _written(after))


def _leaves(content: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (path, value) of everything that has a value; a price is one value, in words."""
    currency = str(content.get("currency") or "USD")
    for name, value in content.items():
        if not path and name in _LEFT_OUT:
            continue
        if name in _PRICES and isinstance(value, Mapping):
            yield (*path, name), _price(value, currency)
        elif isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, name))
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            yield from _leaves({str(number + 1): each for number, each in enumerate(value)}, (*path, name))
        elif value not in (None, {}, []):
            yield (*path, name), value


def _price(price: Mapping[str, Any], currency: str) -> str:
    try:
        return pricing.explain(dict(price), currency).sentence
    except pricing.PricingError:
        return "a price that cannot be put in words"


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_written(each) for each in value)
    if isinstance(value, int | float | Decimal):
        return f"{value:,}"
    text = str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def _lines_changed(before: object, after: object) -> str:
    """Return how much of a text changed."""
    if "\n" not in str(before) + str(after):
        return "another content" if len(str(before)) < _LONG else "another text"
    marks = [line[:1] for line in difflib.ndiff(str(before).splitlines(), str(after).splitlines())]
    return f"{marks.count('+')} lines added, {marks.count('-')} removed"
