"""service_group_v1: services gathered by a rule or by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from domain.expressions import ExpressionError
from domain.expressions import parse as parse_rule
from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.fields import (
    COLUMN_MAXIMUM,
    Field,
    anything,
    check_object,
    list_of,
    mapping,
    one_of,
    required_text,
    text,
    whole_number,
)
from marketplace.catalog.files.names import SLUG, slug
from marketplace.catalog.files.one_file import CheckedFile, checked, without_schema
from marketplace.catalog.files.problems import Findings, JsonObject, did_you_mean, shown
from marketplace.catalog.files.shape import check_shape

_NAME_LIMIT = 100
_MAX_MEMBERS = 1_000
#: Written by operators, or derived; a seller's file that carries them is accepted without them.
_OPERATOR_FIELDS = ("access_interface_data_template", "owner_type", "owner_id", "group_type")


def _slug(value: object, found: Findings) -> None:
    if not isinstance(value, str):
        found.error(f"must be text (got {shown(value)})", type="type_error")
    elif not 1 <= len(value) <= _NAME_LIMIT:
        found.error(f"1 to {_NAME_LIMIT} characters (got {len(value)})", type="string_length")
    elif not SLUG.match(value):
        suggestion = slug(value, separator="-")
        found.error(
            f"lowercase letters, digits, '-' and '_', a letter or digit first (got {shown(value)})",
            f"Try '{suggestion}'" if suggestion else "",
            type="name",
        )


def _rules(value: object, found: Findings) -> None:
    if not check_object(value, {"expression": Field(required_text(), required=True)}, found):
        return
    assert isinstance(value, dict)
    expression = value.get("expression")
    if isinstance(expression, str) and expression.strip():
        try:
            parse_rule(expression)
        except ExpressionError as error:
            found.at("expression").error(error.message, type="expression")


_POLICY = {"strategy": text(), "sticky_header": text(), "access": text(), "weights": mapping}


def _routing_policy(value: object, found: Findings) -> None:
    mapping(value, found)
    held = value if isinstance(value, dict) else {}
    for name, check in _POLICY.items():
        if held.get(name) is not None:
            check(held[name], found.at(name))


_MEMBER = {"name": Field(required_text(255), required=True), "routing_key": Field(mapping)}


def _member(value: object, found: Findings) -> None:
    check_object(value, _MEMBER, found)


_FIELDS = {
    "name": Field(_slug, required=True),
    "display_name": Field(required_text(200), required=True),
    "description": Field(text(2000)),
    "status": Field(one_of(vocabulary.GROUP_STATUSES)),
    "parent_group_name": Field(_slug),
    "membership_rules": Field(_rules),
    "sort_order": Field(whole_number(maximum=COLUMN_MAXIMUM)),
    "services": Field(list_of(_member, limit=_MAX_MEMBERS)),
    "routing_policy": Field(_routing_policy),
    **{name: Field(anything) for name in _OPERATOR_FIELDS},
}


def validate_group(data: object) -> CheckedFile:
    """Return a group as it is stored, with every problem of its file."""
    found = Findings()
    shaped = check_shape(data, found)
    if shaped is None:
        return checked({}, found)
    group = without_schema(shaped, "service_group_v1", found)
    for key in ("name", "parent_group_name"):
        _canonical(group, key, found.at(key))
    check_object(group, _FIELDS, found)
    if group.get("membership_rules") is not None and group.get("services"):
        found.at("services").error("give membership_rules or services, not both", type="exclusive")
    if group.get("parent_group_name") is not None and group.get("parent_group_name") == group.get("name"):
        found.at("parent_group_name").error("a group is not its own parent", type="cycle")
    for key in _OPERATOR_FIELDS:
        if group.pop(key, None) is not None:
            found.at(key).warning("set by the platform, not by a file; ignored", type="ignored_field")
    return checked({"sort_order": 0, **group}, found)


def _canonical(group: JsonObject, key: str, found: Findings) -> None:
    """Turn the colons of older names into dashes."""
    name = group.get(key)
    if isinstance(name, str) and ":" in name:
        group[key] = name.replace(":", "-")
        found.warning(
            f"{shown(name)} is stored as '{group[key][:_NAME_LIMIT]}'", "Write it without ':'", type="deprecated"
        )


def check_hierarchy(groups: Sequence[Mapping[str, object]], existing: Collection[str]) -> tuple[list[str], Findings]:
    """Return the names of the groups, each parent before its children, and what is wrong with the parents.

    groups: the contents of valid files. existing: names of groups that are stored already. Groups of a circle, or below
    a parent that does not exist, are left out of the order; the findings carry their names as path.
    """
    parents = {str(group["name"]): group.get("parent_group_name") for group in groups}
    found = Findings()
    for name, parent in parents.items():
        if isinstance(parent, str) and parent not in parents and parent not in existing:
            hint = did_you_mean(parent, [*parents, *existing])
            found.at(name, "parent_group_name").error(
                f"there is no group {shown(parent)}{hint}", type="unknown_reference"
            )
    order: list[str] = []
    waiting = list(parents)
    while ready := [
        n for n in waiting if parents[n] is None or parents[n] in order or _is_outside(n, parents, existing)
    ]:
        order += ready
        waiting = [name for name in waiting if name not in ready]
    for name in waiting:
        if parents[name] in waiting:
            found.at(name, "parent_group_name").error(f"its parents form a circle through '{name}'", type="cycle")
    return order, found


def _is_outside(name: str, parents: Mapping[str, object], existing: Collection[str]) -> bool:
    return parents[name] not in parents and parents[name] in existing
