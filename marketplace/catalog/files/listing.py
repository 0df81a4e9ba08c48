"""listing_v1: what is sold, at what price, where it is called."""

from __future__ import annotations

import re
from collections.abc import Callable

from marketplace.catalog.files import plans, vocabulary
from marketplace.catalog.files.fields import (
    Field,
    anything,
    boolean,
    check_object,
    date_time,
    mapping,
    object_of,
    one_of,
    text,
    whole_number,
)
from marketplace.catalog.files.names import LISTING_NAME_LIMIT, service_name_check
from marketplace.catalog.files.problems import Findings, JsonObject, did_you_mean, shown

# -- audience ----------------------------------------------------------------------------------------------------------

_AUDIENCE_PHRASES = 8
_AUDIENCE_CHARACTERS = 120
_ADDRESS_OR_MARKUP = re.compile(r"https?:|www\.|://|[<>]|\]\(|`|\*\*|\{\{|^#", re.IGNORECASE)


def check_audience(value: object, found: Findings) -> None:
    """Check the phrases that say who the service is for."""
    if not isinstance(value, list):
        found.error(f"must be a list of phrases (got {shown(value)})", type="type_error")
        return
    if len(value) > _AUDIENCE_PHRASES:
        found.error(f"at most {_AUDIENCE_PHRASES} phrases (got {len(value)})", type="too_long")
    for index, phrase in enumerate(value[:_AUDIENCE_PHRASES]):
        here = found.at(index)
        if not isinstance(phrase, str):
            here.error(f"must be text (got {shown(phrase)})", type="type_error")
        elif not 1 <= len(phrase.strip()) <= _AUDIENCE_CHARACTERS:
            here.error(f"1 to {_AUDIENCE_CHARACTERS} characters (got {len(phrase.strip())})", type="string_length")
        elif _ADDRESS_OR_MARKUP.search(phrase):
            here.error(f"no addresses and no markup (got {shown(phrase)})", "Write plain text", type="markup")
        elif phrase in value[:index]:
            here.error(f"{shown(phrase)} is there twice", type="duplicate")


# -- service options ---------------------------------------------------------------------------------------------------


_ENROLLMENT = {
    "limit": Field(whole_number(1)),
    "limit_per_customer": Field(whole_number(1)),
    "limit_per_user": Field(whole_number(1)),
    "required": Field(boolean),
    "scope": Field(one_of(("customer", "global"))),
}
_OPTIONS: dict[str, Callable[[object, Findings], None]] = {
    "default_visibility": one_of(vocabulary.VISIBILITIES),
    "enrollment": object_of(_ENROLLMENT),
    "routing_vars": mapping,
    "ops_testing_parameters": mapping,
    "prompt_recurrence": boolean,
    "recurrence_allow_cron": boolean,
    "recurrence_min_interval_seconds": whole_number(1),
    "recurrence_max_interval_seconds": whole_number(1),
    **plans.OPTIONS,
}


def check_service_options(value: object, found: Findings) -> None:
    """Check the options of a service: closed keys, their types, and that the intervals leave room."""
    if not isinstance(value, dict):
        found.error(f"must be an object (got {shown(value)})", type="type_error")
        return
    for key, option in value.items():
        if key not in _OPTIONS:
            hint = did_you_mean(key, _OPTIONS)
            found.at(key).error(f"unknown option{hint}", f"Known: {', '.join(_OPTIONS)}", type="unknown_field")
        elif option is not None:
            _OPTIONS[key](option, found.at(key))
    shortest, longest = value.get("recurrence_min_interval_seconds"), value.get("recurrence_max_interval_seconds")
    if type(shortest) is int and type(longest) is int and shortest > longest:
        found.at("recurrence_min_interval_seconds").error(
            f"must not be above recurrence_max_interval_seconds (got {shortest} and {longest})", type="out_of_range"
        )
    _check_routing_vars(value.get("routing_vars"), found.at("routing_vars"))


def _check_routing_vars(value: object, found: Findings) -> None:
    for name, held in value.items() if isinstance(value, dict) else ():
        if not isinstance(held, str | int | float | bool) and held is not None:
            found.at(name).error(f"must be text, a number, true or false (got {shown(held)})", type="type_error")


# -- the listing ----------------------------------------------------------------------------------------------------

_FIELDS = {
    "name": Field(service_name_check(LISTING_NAME_LIMIT)),
    "display_name": Field(text(200)),
    "status": Field(one_of(vocabulary.STATUSES)),
    "list_price": Field(anything),
    "currency": Field(one_of(vocabulary.CURRENCIES)),
    "user_access_interfaces": Field(anything),
    "documents": Field(anything),
    "user_parameters_schema": Field(anything),
    "user_parameters_ui_schema": Field(mapping),
    "audience": Field(check_audience),
    "service_options": Field(check_service_options),
    "time_created": Field(date_time, required=True),
}


def check_listing(listing: JsonObject, found: Findings) -> None:
    """Check a listing's own fields; price, interfaces, documents and parameters are checked with the offering."""
    check_object(listing, _FIELDS, found, strict=False)
