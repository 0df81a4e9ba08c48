"""From what a browser posted back to the value. Only what was posted is walked, however large the schema is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.schema_forms import names
from domain.schema_forms.fields import MOST_ITEMS
from domain.schema_forms.shapes import Kind, Shape
from domain.schema_forms.values import MISSING, Draft, Missing, Unreadable, from_json, is_same, number

#: The lists of values by control name.
Posted = Mapping[str, Sequence[str]]

_BLANK: dict[str, Draft] = {"empty": "", "null": None}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a posted form holds.

    value: MISSING when nothing was given. problems, unreadable: a sentence and the text as typed, by control name.
    is_edit: an item was to be added or taken away, so the person is not done.
    """

    value: Draft
    problems: Mapping[str, str]
    unreadable: Mapping[str, str]
    is_edit: bool


def read(shape: Shape, posted: Posted, *, name: str) -> Reading:
    """Return the value of a form that `fields.build` made under `name`, after the button for an item if one was used.

    A field that was not posted counts as not given.
    """
    reader = _Reader(posted, add=_last(posted, names.ADD), remove=_last(posted, names.REMOVE))
    value = reader.value(shape, name)
    return Reading(value, reader.problems, reader.unreadable, bool(reader.add or reader.remove))


def _last(posted: Posted, name: str) -> str | None:
    values = posted.get(name)
    return values[-1] if values else None


@dataclass(slots=True)
class _Reader:
    posted: Posted
    add: str | None
    remove: str | None
    problems: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def value(self, shape: Shape, name: str) -> Draft:
        text = _last(self.posted, names.as_json(name))
        if text is not None:
            return self._json(text, name)
        match shape.kind:
            case Kind.OBJECT:
                return self._object(shape, name)
            case Kind.ARRAY:
                return self._array(shape, name)
            case Kind.CHECKBOXES:
                return self._checkboxes(name)
            case Kind.CHECKBOX:
                if _last(self.posted, name) is not None:
                    return True
                return False if _last(self.posted, names.state(name)) == "present" else MISSING
            case Kind.SELECT | Kind.RADIO:
                return self._choice(shape, name)
        return self._text(shape, name)

    def _text(self, shape: Shape, name: str) -> Draft:
        text = (_last(self.posted, name) or "").replace("\r\n", "\n").replace("\r", "\n")
        if text == "":
            return _BLANK.get(_last(self.posted, names.blank(name)) or "", MISSING)
        if shape.kind in {Kind.NUMBER, Kind.RANGE}:
            try:
                return number(text)
            except Unreadable as error:
                return self._unread(name, text, error)
        return text

    def _json(self, text: str, name: str) -> Draft:
        if not text.strip():
            return MISSING
        try:
            return from_json(text)
        except Unreadable as error:
            return self._unread(name, text, error)

    def _choice(self, shape: Shape, name: str) -> Draft:
        """Return the chosen value. One that is not offered is kept, so that validation names it."""
        text = _last(self.posted, name)
        if not text:
            return MISSING
        value = self._json(text, name)
        return next((option.value for option in shape.options if is_same(option.value, value)), value)

    def _checkboxes(self, name: str) -> Draft:
        chosen = [self._json(text, name) for text in self.posted.get(name, ())[:MOST_ITEMS]]
        if not chosen and _last(self.posted, names.state(name)) != "present":
            return MISSING
        return chosen

    def _object(self, shape: Shape, name: str) -> Draft:
        state = _last(self.posted, names.state(name))
        if state is None:
            return MISSING
        found: dict[str, Draft] = {}
        for each in shape.properties():
            value = self.value(each, names.below(name, each.key))
            if not isinstance(value, Missing):
                found[each.key] = value
        others = self._others(names.others(name))
        found = {**others, **found}
        return found if found or state == "present" else MISSING

    def _others(self, name: str) -> dict[str, Draft]:
        text = _last(self.posted, names.as_json(name)) or ""
        value = self._json(text, name)
        if isinstance(value, dict):
            return value
        if name not in self.problems and not isinstance(value, Missing):
            self._unread(name, text, Unreadable('Write a JSON object, such as {"name": "value"}.'))
        return {}

    def _array(self, shape: Shape, name: str) -> Draft:
        shown = _last(self.posted, names.count(name))
        if shown is None or not shown.isascii() or not shown.isdigit():
            return MISSING
        item, kept, read = shape.item(), [], 0
        for index in range(min(int(shown[:4]), MOST_ITEMS)):
            item_name = names.below(name, index)
            if item_name != self.remove:
                kept.append(self._item(item, item_name, names.below(name, read)))
                read += 1
        if self.add == name and len(kept) < MOST_ITEMS:
            kept.append(item.default)
        is_given = bool(kept) or _last(self.posted, names.state(name)) == "present"
        return kept if is_given else MISSING

    def _item(self, shape: Shape, name: str, new_name: str) -> Draft:
        """Return an item. Behind one that was taken away, what is said of it moves to its new name."""
        value = self.value(shape, name)
        if isinstance(value, Missing) and name not in self.problems:
            self.problems[name] = "Fill this in, or remove it."
        if name != new_name:
            for said in (self.problems, self.unreadable):
                for key in [key for key in said if key == name or key.startswith((f"{name}/", f"{name}~"))]:
                    said[new_name + key[len(name) :]] = said.pop(key)
        return value

    def _unread(self, name: str, text: str, error: Unreadable) -> Missing:
        self.problems[name], self.unreadable[name] = error.message, text
        return MISSING
