"""The door to `domain.pricing`: prices of files, with their problems in the words of this package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from domain import pricing
from marketplace.catalog.files.problems import Findings, Path

Side = Literal["list", "payout", "promotion"]

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def normalised_price(price: object, found: Findings) -> tuple[Any, str | None]:
    """Return a price in its flat form and the currency that stood inside, if any; notes what was noticed."""
    if not isinstance(price, dict):
        return price, None
    flat, currency, problems = pricing.normalise(price)
    _note(problems, found)
    return flat, currency


def check_price(price: object, found: Findings, *, side: Side) -> None:
    """Check a normalised price for one of its uses."""
    if not isinstance(price, dict):
        found.error("must be an object with a type", type="type_error")
        return
    _note(pricing.validate(price, side=side), found)


def _note(problems: list[pricing.Problem], found: Findings) -> None:
    for problem in problems:
        here = found.at(*_steps(problem.path))
        if problem.severity == "warning":
            here.warning(problem.message, type="price")
        else:
            here.error(problem.message, type="price")


def _steps(path: str) -> Path:
    return tuple(int(index) if index else name for index, name in _STEP.findall(path))


def renamed_channels(price: Any, names: Mapping[str, str]) -> Any:
    """Return a price whose channel branches carry the channels' current names."""
    if isinstance(price, list):
        return [renamed_channels(item, names) for item in price]
    if not isinstance(price, dict):
        return price
    renamed = {key: renamed_channels(value, names) for key, value in price.items()}
    if price.get("type") == "channel" and isinstance(renamed.get("channels"), dict):
        renamed["channels"] = {names.get(name, name): branch for name, branch in renamed["channels"].items()}
        if isinstance(renamed.get("default"), str):
            renamed["default"] = names.get(renamed["default"], renamed["default"])
    return renamed


def priced_channels(price: object) -> frozenset[str]:
    """Return the names of the channels that a price tells apart."""
    if isinstance(price, list):
        return frozenset().union(*(priced_channels(item) for item in price))
    if not isinstance(price, dict):
        return frozenset()
    channels = price.get("channels")
    own = frozenset(channels) if price.get("type") == "channel" and isinstance(channels, dict) else frozenset()
    return own.union(*(priced_channels(item) for item in price.values()))


def is_subscription(price: object) -> bool:
    """Return whether a price asks for a sum per month, which only an enrollment can owe."""
    if isinstance(price, dict):
        return price.get("type") == "one_month" or any(is_subscription(item) for item in price.get("prices", ()) or ())
    return False
