"""promotion_v1: a price made lower, for whom and on what."""

from __future__ import annotations

import re
from typing import Any

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.fields import (
    COLUMN_MAXIMUM,
    Field,
    anything,
    check_object,
    date_time,
    one_of,
    required_text,
    text,
    whole_number,
)
from marketplace.catalog.files.one_file import CheckedFile, checked, without_schema
from marketplace.catalog.files.prices import check_price, normalised_price
from marketplace.catalog.files.problems import Findings, JsonObject, shown
from marketplace.catalog.files.shape import check_shape

#: `{{ promotion_code(8) }}`: the platform makes that many characters, once.
CODE_TEMPLATE = re.compile(r"\{\{\s{0,9}promotion_code\(\s{0,9}([0-9]{1,2})\s{0,9}\)\s{0,9}\}\}\Z")
CODE_LENGTHS = range(4, 51)
_CODE_LIMIT = 50
_MAX_LISTED = 10_000


def _customers(value: object, found: Findings) -> None:
    if value == "*":
        return
    if isinstance(value, list):
        _names(value, found, "customer ids")
        return
    if not isinstance(value, dict):
        found.error(
            f'must be "*", a list of customer ids, {{"code": …}} or {{"subscription": …}} (got {shown(value)})',
            type="scope",
        )
        return
    known = {"code": Field(_code), "subscription": Field(required_text(100))}
    check_object(value, known, found)
    if all(held is None for held in value.values()):
        found.error('must name a code or a subscription; write "*" for everyone', type="scope")


def _code(value: object, found: Findings) -> None:
    if not isinstance(value, str) or not value.strip():
        found.error(f"must be text (got {shown(value)})", type="type_error")
        return
    template = CODE_TEMPLATE.match(value)
    if template is not None:
        if int(template[1]) not in CODE_LENGTHS:
            found.error(f"a made code has {CODE_LENGTHS[0]} to {CODE_LENGTHS[-1]} characters (got {template[1]})")
    elif "{{" in value:
        found.error(f"not a code (got {shown(value)})", "Write a text or {{ promotion_code(8) }}", type="template")
    elif len(value) > _CODE_LIMIT:
        found.error(f"at most {_CODE_LIMIT} characters (got {len(value)})", type="string_too_long")


def _services(value: object, found: Findings) -> None:
    if value == "*":
        return
    if not isinstance(value, list):
        found.error(f'must be "*" or a list of names (got {shown(value)})', type="scope")
        return
    _names(value, found, "names")


def _names(value: list[Any], found: Findings, what: str) -> None:
    if not value:
        found.error(f'an empty list of {what} reaches nothing; write "*" for all', type="scope")
    if len(value) > _MAX_LISTED:
        found.error(f"at most {_MAX_LISTED} {what} (got {len(value)})", type="too_long")
    for index, name in enumerate(value[:_MAX_LISTED]):
        required_text(255)(name, found.at(index))


def _scope(value: object, found: Findings) -> None:
    check_object(value, {"customers": Field(_customers), "services": Field(_services)}, found)


_FIELDS = {
    "name": Field(required_text(100), required=True),
    "description": Field(text(500)),
    "pricing": Field(anything, required=True),
    "scope": Field(_scope),
    "apply_at": Field(one_of(("request", "statement"))),
    "priority": Field(whole_number(maximum=COLUMN_MAXIMUM)),
    "status": Field(one_of(vocabulary.PROMOTION_STATUSES)),
    "expires_at": Field(date_time),
    "max_uses": Field(whole_number(1, maximum=COLUMN_MAXIMUM)),
}


def validate_promotion(data: object) -> CheckedFile:
    """Return a promotion as it is stored, with every problem of its file."""
    found = Findings()
    shaped = check_shape(data, found)
    if shaped is None:
        return checked({}, found)
    promotion = without_schema(shaped, "promotion_v1", found)
    check_object(promotion, _FIELDS, found)
    if promotion.get("pricing") is not None:
        promotion = {**promotion, "pricing": _pricing(promotion["pricing"], found.at("pricing"))}
    return checked({"apply_at": "request", "priority": 0, **promotion}, found)


def checked_promotion(content: JsonObject) -> tuple[JsonObject, list[str]]:
    """Return a promotion of the platform as it is stored, and what is wrong with it, in sentences."""
    file = validate_promotion(content)
    return file.content, [problem.text for problem in file.problems]


def _pricing(price: object, found: Findings) -> Any:
    if isinstance(price, dict):
        price = _percentage(price, found)
        price, currency = normalised_price(price, found)
        if currency is not None:
            found.at("currency").warning(
                "a promotion is in the currency of the price it lowers; ignored", type="currency"
            )
    check_price(price, found, side="promotion")
    return price


def _percentage(price: JsonObject, found: Findings) -> JsonObject:
    """Turn the older `{"type": "percentage", "percentage": "20"}` into the shorter `{"percentage_off": "20"}`."""
    if price.get("type") not in ("percentage", "percentage_off"):
        return price
    value = next((price[key] for key in ("percentage_off", "percentage", "value") if key in price), None)
    if value is None:
        return price
    return {"percentage_off": value}
