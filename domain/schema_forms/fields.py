"""The tree of controls that shows a value under a schema. What HTML says of it is the templates' business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from domain.schema_forms import names
from domain.schema_forms.shapes import Kind, Option, Shape
from domain.schema_forms.values import (
    MISSING,
    Draft,
    Missing,
    fits_number_field,
    fits_text_area,
    fits_text_field,
    is_same,
    to_json,
)

MOST_ITEMS = 100
_MOST_FIELDS = 250
_HINTS = {"object": 'Written as JSON, such as {"name": "value"}.', "array": 'Written as JSON, such as ["a", "b"].'}
#: What shows text that could not be read: a number field would drop it.
_UNREADABLE = {
    Kind.OBJECT: Kind.JSON,
    Kind.ARRAY: Kind.JSON,
    Kind.CHECKBOXES: Kind.JSON,
    Kind.NUMBER: Kind.TEXT,
    Kind.RANGE: Kind.TEXT,
}

Blank = Literal["", "empty", "null"]
State = Literal["absent", "present"]
Errors = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select, radio group or group of checkboxes. text: what it posts."""

    text: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One control, or a group of them. name: of the control, and its id on the page.

    text: what the control holds. blank: what an empty text stands for ("" means not given). state: whether a checkbox,
    object or array counts as given while it holds nothing. json: the whole value of a disabled control.
    """

    name: str
    kind: Kind
    label: str
    description: str = ""
    help: str = ""
    placeholder: str = ""
    is_required: bool = False
    is_disabled: bool = False
    text: str = ""
    blank: Blank = ""
    state: State = "absent"
    is_checked: bool = False
    choices: tuple[Choice, ...] = ()
    children: tuple[Field, ...] = ()
    errors: tuple[str, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    is_integer: bool = False
    rows: int = 4
    json: str = ""

    @property
    def is_group(self) -> bool:
        """Return whether several controls stand under one legend."""
        return self.kind in {Kind.OBJECT, Kind.ARRAY, Kind.RADIO, Kind.CHECKBOXES}

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that explain the control, for aria-describedby."""
        parts = {"description": self.description, "help": self.help, "errors": self.errors}
        return " ".join(f"{self.name}~{part}" for part, content in parts.items() if content)

    @property
    def json_name(self) -> str:
        return names.as_json(self.name)

    @property
    def blank_name(self) -> str:
        return names.blank(self.name)

    @property
    def state_name(self) -> str:
        return names.state(self.name)

    @property
    def count_name(self) -> str:
        return names.count(self.name)

    @property
    def can_add(self) -> bool:
        return len(self.children) < MOST_ITEMS


def build(shape: Shape, value: Draft, *, name: str, errors: Errors, unreadable: Mapping[str, str]) -> Field:
    """Return the controls for `value`. A value that the control for its place cannot hold is shown as JSON text.

    errors: sentences by control name. unreadable: what was typed where no value could be read, by control name.
    """
    return _Builder(errors, unreadable).field(shape, value, name, is_expected=True)


@dataclass(slots=True)
class _Builder:
    errors: Errors
    unreadable: Mapping[str, str]
    built: int = field(default=0)

    def field(self, shape: Shape, value: Draft, name: str, *, is_expected: bool, label: str = "") -> Field:
        """Return the field for one place. is_expected: whether what is around it is given or must be."""
        self.built += 1
        is_due = shape.is_required and is_expected
        kind = self._kind(shape, value, name)
        common = Field(
            name=name,
            kind=kind,
            label=label or shape.title,
            description=shape.description,
            help=shape.help,
            placeholder=shape.placeholder,
            is_required=shape.is_required,
            is_disabled=shape.is_disabled,
            errors=self._errors(name, kind),
            json="" if isinstance(value, Missing) or not shape.is_disabled else to_json(value),
        )
        match kind:
            case Kind.OBJECT:
                return self._object(shape, value, common, is_due=is_due)
            case Kind.ARRAY:
                return self._array(shape, value, common, is_due=is_due)
            case Kind.CHECKBOX:
                is_given = isinstance(value, bool) or is_due
                return replace(common, is_checked=value is True, state="present" if is_given else "absent")
            case Kind.SELECT | Kind.RADIO | Kind.CHECKBOXES:
                return _choices(shape, value, common, is_due=is_due)
            case Kind.JSON | Kind.HIDDEN:
                text = self.unreadable.get(name, "" if isinstance(value, Missing) else to_json(value))
                return replace(common, text=text, rows=max(shape.rows, 3), help=shape.help or _json_hint(shape))
        return self._text(shape, value, common, is_due=is_due)

    def _kind(self, shape: Shape, value: Draft, name: str) -> Kind:
        if self.built > _MOST_FIELDS and shape.kind in {Kind.OBJECT, Kind.ARRAY}:
            return Kind.JSON
        if name in self.unreadable:
            return _UNREADABLE.get(shape.kind, shape.kind)
        return _kind_that_holds(shape, value)

    def _errors(self, name: str, kind: Kind) -> tuple[str, ...]:
        """Return the errors of a control; one that holds a whole tree as text has those of the tree."""
        found = list(self.errors.get(name, ()))
        if kind in {Kind.JSON, Kind.HIDDEN, Kind.CHECKBOXES, Kind.SELECT, Kind.RADIO}:
            found += [each for key, texts in self.errors.items() if key.startswith(f"{name}/") for each in texts]
        return tuple(dict.fromkeys(found))

    def _object(self, shape: Shape, value: Draft, common: Field, *, is_due: bool) -> Field:
        given = value if isinstance(value, dict) else {}
        is_given = isinstance(value, dict) or is_due
        known = shape.properties()
        children = [
            self.field(each, given.get(each.key, MISSING), names.below(common.name, each.key), is_expected=is_given)
            for each in known
        ]
        keys = {each.key for each in known}
        others: Draft = {key: item for key, item in given.items() if key not in keys}
        if others or shape.takes_others or names.others(common.name) in self.unreadable:
            children.append(self._others(common.name, others or MISSING))
        return replace(common, children=tuple(children), state="present" if is_given else "absent")

    def _others(self, name: str, value: Draft) -> Field:
        name = names.others(name)
        return Field(
            name=name,
            kind=Kind.JSON,
            label="Further values",
            help=_HINTS["object"],
            text=self.unreadable.get(name, "" if isinstance(value, Missing) else to_json(value)),
            errors=tuple(self.errors.get(name, ())),
        )

    def _array(self, shape: Shape, value: Draft, common: Field, *, is_due: bool) -> Field:
        items = value if isinstance(value, list) else [MISSING] * (shape.least_items if is_due else 0)
        item = shape.item()
        title = item.title if item.schema.get("title") else f"{common.label}:"
        children = tuple(
            self.field(item, each, names.below(common.name, index), is_expected=True, label=f"{title} {index + 1}")
            for index, each in enumerate(items)
        )
        is_given = isinstance(value, list) or is_due
        return replace(common, children=children, state="present" if is_given else "absent")

    def _text(self, shape: Shape, value: Draft, common: Field, *, is_due: bool) -> Field:
        blank: Blank = ""
        if value is None or (isinstance(value, Missing) and shape.is_nullable and is_due):
            blank = "null"
        elif value == "":
            blank = "empty"
        text = "" if value is None or isinstance(value, Missing) else value if isinstance(value, str) else repr(value)
        return replace(
            common,
            text=self.unreadable.get(common.name, text),
            blank=blank,
            minimum=shape.minimum,
            maximum=shape.maximum,
            is_integer=shape.is_integer,
            rows=shape.rows,
        )


def _json_hint(shape: Shape) -> str:
    return _HINTS.get(str(shape.schema.get("type")), "Written as JSON: texts stand in double quotes.")


def _choices(shape: Shape, value: Draft, common: Field, *, is_due: bool) -> Field:
    if shape.kind is Kind.CHECKBOXES:
        chosen = value if isinstance(value, list) else []
        choices = tuple(
            Choice(each.text, each.label, any(is_same(each.value, item) for item in chosen)) for each in shape.options
        )
        state: State = "present" if isinstance(value, list) or is_due else "absent"
        return replace(common, choices=choices, state=state)
    nothing = Choice("", "Choose…" if shape.is_required else "Not set", isinstance(value, Missing))
    choices = tuple(Choice(each.text, each.label, is_same(each.value, value)) for each in shape.options)
    shows_nothing = nothing.is_chosen or not shape.is_required
    text = "" if isinstance(value, Missing) else to_json(value)
    return replace(common, choices=(nothing, *choices) if shows_nothing else choices, text=text)


def _kind_that_holds(shape: Shape, value: Draft) -> Kind:
    """Return the shape's own kind when its control gives the value back unchanged, else a plainer kind that does."""
    if isinstance(value, Missing):
        return Kind.NUMBER if shape.kind is Kind.RANGE else shape.kind
    match shape.kind:
        case Kind.TEXT | Kind.TEXTAREA | Kind.PASSWORD | Kind.DATE:
            return _text_kind(shape, value)
        case Kind.NUMBER | Kind.RANGE:
            return _number_kind(shape, value)
        case Kind.CHECKBOX:
            return shape.kind if isinstance(value, bool) else Kind.JSON
        case Kind.SELECT | Kind.RADIO:
            return shape.kind if any(is_same(each.value, value) for each in shape.options) else Kind.JSON
        case Kind.CHECKBOXES:
            return shape.kind if _is_subsequence(value, shape.options) else Kind.JSON
        case Kind.ARRAY:
            return shape.kind if isinstance(value, list) and len(value) <= MOST_ITEMS else Kind.JSON
        case Kind.OBJECT:
            return shape.kind if isinstance(value, dict) else Kind.JSON
    return shape.kind


def _text_kind(shape: Shape, value: Draft) -> Kind:
    if value is None and shape.is_nullable:
        return shape.kind
    if not isinstance(value, str) or not fits_text_area(value):
        return Kind.JSON
    if shape.kind is Kind.DATE and value and not _is_date(value):
        return Kind.TEXT if fits_text_field(value) else Kind.TEXTAREA
    return shape.kind if fits_text_field(value) else Kind.TEXTAREA


def _number_kind(shape: Shape, value: Draft) -> Kind:
    if value is None and shape.is_nullable:
        return Kind.NUMBER
    if isinstance(value, bool) or not isinstance(value, int | float) or not fits_number_field(value):
        return Kind.JSON
    if shape.kind is Kind.RANGE and _fits_range(shape, value):
        return Kind.RANGE
    return Kind.NUMBER


def _fits_range(shape: Shape, value: int | float) -> bool:
    """Return whether a slider stands still on the value: it moves in whole steps for integers, freely else."""
    low, high = shape.minimum, shape.maximum
    if low is None or high is None or not low <= value <= high:
        return False
    return not shape.is_integer or (isinstance(value, int) and isinstance(low, int))


def _is_subsequence(value: Draft, options: tuple[Option, ...]) -> bool:
    """Return whether the boxes, ticked in the order of the page, give the list."""
    if not isinstance(value, list):
        return False
    rest = iter(options)
    return all(any(is_same(option.value, item) for option in rest) for item in value)


def _is_date(value: str) -> bool:
    digits = value.replace("-", "", 2)
    return len(value) == 10 and value[4] == value[7] == "-" and digits.isascii() and digits.isdigit()
