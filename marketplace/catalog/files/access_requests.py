"""What a service lets others use of it (`exports`), and what it asks its customers to allow it elsewhere."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from marketplace.catalog.files.fields import Field, anything, boolean, check_object, mapping, required_text
from marketplace.catalog.files.names import service_name_problem
from marketplace.catalog.files.parameters import check_schema
from marketplace.catalog.files.problems import Findings, JsonObject, did_you_mean, shown

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_ROUTE = re.compile(r"(?:\*|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /[^\s]{0,500}\Z")
_LIMIT = re.compile(r"(count|amount)_(?:per_hour|per_day|per_month|total)\Z")
_SERVICE = "service:"
_SCALARS = ("string", "integer", "number", "boolean")
_OPTIONS_SCHEMA_KEYS = ("type", "properties", "additionalProperties", "title", "description")
_MAX_ENTRIES = 100

_EXPORTS = {"permissions": Field(anything), "options": Field(anything), "options_ui_schema": Field(mapping)}
_REQUEST = {
    "object": Field(anything, required=True),
    "permissions": Field(anything),
    "required": Field(boolean),
    "justification": Field(required_text(1000), required=True),
    "options": Field(anything),
    "limits": Field(anything),
}


# -- exports -----------------------------------------------------------------------------------------------------------


def check_exports(value: object, found: Findings) -> None:
    """Check what an offering lets other services use."""
    if not check_object(value, _EXPORTS, found):
        return
    assert isinstance(value, dict)
    if "permissions" in value:
        _check_permissions(value["permissions"], found.at("permissions"))
    if value.get("options"):
        _check_options_schema(value["options"], found.at("options"))


def _check_permissions(value: object, found: Findings) -> None:
    if not isinstance(value, dict) or not value:
        found.error(
            f'must be an object of name: ["METHOD /path"] (got {shown(value)})',
            "Leave it out to offer the one permission invoke on every route",
            type="type_error",
        )
        return
    for name, routes in value.items():
        here = found.at(name)
        if not _NAME.match(name):
            here.error("a permission's name is lowercase letters, digits and '_'", type="name")
        if not isinstance(routes, list) or not routes:
            here.error(f"must be a list of routes such as 'GET /records/*' (got {shown(routes)})", type="type_error")
            continue
        for index, route in enumerate(routes[:_MAX_ENTRIES]):
            if not isinstance(route, str) or not _ROUTE.match(route):
                here.at(index).error(f"not a route (got {shown(route)})", "Write it like 'GET /records/*'")


def _check_options_schema(schema: object, found: Findings) -> None:
    if not check_schema(schema, found):
        return
    assert isinstance(schema, dict)
    for key in schema:
        if key not in _OPTIONS_SCHEMA_KEYS:
            found.at(key).error(f"unknown field{did_you_mean(key, _OPTIONS_SCHEMA_KEYS)}", type="unknown_field")
    if schema.get("additionalProperties", False) is not False:
        found.at("additionalProperties").error("must be false", type="json_schema")
    properties = schema.get("properties")
    for name, option in properties.items() if isinstance(properties, dict) else ():
        _check_option(name, option, found.at("properties", name))


def _check_option(name: str, option: object, found: Findings) -> None:
    if not _NAME.match(name):
        found.error("an option's name is lowercase letters, digits and '_'", type="name")
    kind = option.get("type") if isinstance(option, dict) else None
    items = option.get("items") if isinstance(option, dict) else None
    is_text_list = kind == "array" and isinstance(items, dict) and items.get("type") == "string"
    if kind not in _SCALARS and not is_text_list:
        found.at("type").error(
            f"must be string, integer, number, boolean or an array of strings (got {shown(kind)})", type="json_schema"
        )


# -- access requests ---------------------------------------------------------------------------------------------------


def check_access_requests(value: object, found: Findings) -> None:
    """Check what a channel asks the enrolling customer to allow."""
    if not isinstance(value, list):
        found.error(f"must be a list of requests (got {shown(value)})", type="type_error")
        return
    seen: set[str] = set()
    for index, request in enumerate(value[:_MAX_ENTRIES]):
        here = found.at(index)
        if check_object(request, _REQUEST, here):
            _check_request(request, here, seen)


def _check_request(request: JsonObject, found: Findings, seen: set[str]) -> None:
    target = request.get("object")
    if target is not None:
        _check_target(target, found.at("object"), seen)
    if "permissions" in request:
        _check_names(request["permissions"], found.at("permissions"))
    if request.get("options"):
        _check_options(request["options"], found.at("options"))
    if request.get("limits") is not None:
        _check_limits(request["limits"], found.at("limits"))


def _check_target(target: object, found: Findings, seen: set[str]) -> None:
    if not isinstance(target, str) or not target.startswith(_SERVICE):
        found.error(f"must name one service (got {shown(target)})", "Write it like 'service:acme/log'")
    elif problem := service_name_problem(target.removeprefix(_SERVICE)):
        found.error(problem, type="name")
    elif target in seen:
        found.error(f"{shown(target)} is there twice", type="duplicate")
    else:
        seen.add(target)


def _check_names(value: object, found: Findings) -> None:
    is_list = isinstance(value, list) and bool(value) and all(isinstance(v, str) and v.strip() for v in value)
    if not is_list or len(set(value)) != len(value):  # type: ignore[arg-type, call-overload]
        found.error(f"must be a list of distinct names (got {shown(value)})", type="type_error")


def _check_options(value: object, found: Findings) -> None:
    try:
        pairs = parse_qsl(value, keep_blank_values=True, strict_parsing=True) if isinstance(value, str) else []
    except ValueError:
        pairs = []
    names = [name for name, _ in pairs]
    well_formed = all(_NAME.match(name) and given for name, given in pairs)
    if not pairs or not well_formed or len(set(names)) != len(names):
        found.error(f"not a query string (got {shown(value)})", "Write it like 'log_level=warn&max_size=2000'")


def _check_limits(value: object, found: Findings) -> None:
    if not isinstance(value, dict):
        found.error(f'must be an object such as {{"count_per_day": 2}} (got {shown(value)})', type="type_error")
        return
    for key, limit in value.items():
        here, match = found.at(key), _LIMIT.match(key)
        if match is None:
            here.error("unknown limit", "count_ or amount_, then per_hour, per_day, per_month or total")
        elif match[1] == "count" and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            here.error(f"must be a positive whole number (got {shown(limit)})", type="out_of_range")
        elif match[1] == "amount" and not _is_positive_amount(limit):
            here.error(f"must be a positive amount (got {shown(limit)})", type="out_of_range")


def _is_positive_amount(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > 40:
        return False
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return False
    return amount.is_finite() and amount > 0
