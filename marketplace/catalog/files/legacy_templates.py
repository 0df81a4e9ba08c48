"""Older words inside templates: codes made by a function, variables of an enrollment, the old gateway placeholder."""

from __future__ import annotations

import re
from typing import Any

from marketplace.catalog.files.deprecations import Notes
from marketplace.catalog.files.problems import Findings, JsonObject

_CODE = "{{ enrollment.code }}"
_CODE_CALL = re.compile(r"\{\{-?\s{0,20}enrollment_code\s{0,20}\(\s{0,20}\d{0,4}\s{0,20}\)\s{0,20}-?\}\}")
_GATEWAY = re.compile(r"\$\{\s{0,20}GATEWAY_BASE_URL\s{0,20}\}")
_ANY_GATEWAY = re.compile(r"\$\{\s{1,20}([A-Z0-9]+_GATEWAY_BASE_URL)\s{0,20}\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


def rewrite(offering: JsonObject, listing: JsonObject, notes: Notes) -> tuple[JsonObject, JsonObject]:
    """Return offering and listing with every older word in their channels and interfaces replaced."""
    found = notes.found.of("listing_data").at("service_options")
    options = listing.get("service_options")
    codes: list[str] = []
    if isinstance(options, dict):
        options = dict(options)
        codes = _take_variables(options, notes, found) + _take_code_name(options, notes, found)
        listing = {**listing, "service_options": options}
    rewriter = _Rewriter(codes, notes)
    for part, found, keys in (
        (offering, notes.found.of("offering_data"), ("upstream_access_config", "upstream_access_interfaces")),
        (listing, notes.found.of("listing_data"), ("user_access_interfaces",)),
    ):
        for key in keys:
            if key in part:
                part[key] = rewriter.rewritten(part[key], found.at(key))
    return offering, listing


def _take_variables(options: JsonObject, notes: Notes, found: Findings) -> list[str]:
    """Remove `enrollment_vars`; return the expressions that meant the enrollment's code."""
    variables = options.pop("enrollment_vars", None)
    if variables is None:
        return []
    here = found.at("enrollment_vars")
    named = variables if isinstance(variables, dict) else {}
    codes = [
        name for name, value in named.items() if isinstance(value, str) and _means_code(value) and _NAME.match(name)
    ]
    lost = [name for name in named if name not in codes]
    notes.deprecated(here, "older option, dropped", "Write {{ enrollment.code }} where it is used")
    for name in lost:
        here.at(name).warning("has no successor; only the enrollment's code is made by the platform", type="deprecated")
    return [f"enrollment_vars.{name}" for name in codes]


def _take_code_name(options: JsonObject, notes: Notes, found: Findings) -> list[str]:
    """Remove `subscription_code_name`; return the expressions that meant the enrollment's code."""
    name = options.pop("subscription_code_name", None)
    if name is None:
        return []
    notes.deprecated(found.at("subscription_code_name"), "older option, dropped", "The code is {{ enrollment.code }}")
    if not isinstance(name, str) or not _NAME.match(name):
        return []
    return [f"params.{name}", f"enrollment.parameters.{name}"]


def _means_code(value: str) -> bool:
    stripped = value.strip()
    return bool(_CODE_CALL.fullmatch(stripped)) or stripped.replace(" ", "") == _CODE.replace(" ", "")


class _Rewriter:
    """Replaces in every string; one word to the seller per place."""

    def __init__(self, codes: list[str], notes: Notes) -> None:
        names = "|".join(re.escape(code) for code in codes)
        self._codes = re.compile(r"(?<![A-Za-z0-9_.])(?:" + names + r")(?![A-Za-z0-9_])") if names else None
        self._notes = notes

    def rewritten(self, value: Any, found: Findings) -> Any:
        if isinstance(value, str):
            return self._text(value, found)
        if isinstance(value, dict):
            return {key: self.rewritten(item, found.at(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.rewritten(item, found.at(index)) for index, item in enumerate(value)]
        return value

    def _text(self, value: str, found: Findings) -> str:
        text = _CODE_CALL.sub(_CODE, value)
        if text != value:
            self._notes.deprecated(found, "enrollment_code() is gone", "Write {{ enrollment.code }}")
        if self._codes is not None and "{{" in text:
            text = self._codes.sub("enrollment.code", text)
        with_gateway = _GATEWAY.sub("${API_GATEWAY_BASE_URL}", text)
        if with_gateway != text:
            self._notes.deprecated(found, "older placeholder", "Write ${API_GATEWAY_BASE_URL}")
        return _ANY_GATEWAY.sub(r"${\1}", with_gateway)
