"""Typed readers of the environment. They fail loudly and name the variable.

Every reader also accepts `NAME_FILE`: the path of a file whose content is the value, for secrets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit


class SettingError(Exception):
    """A variable is missing or unusable."""


def text(name: str, default: str | None = None, *, environ: Mapping[str, str] = os.environ) -> str:
    """Return the value of `name`, or the content of the file that `name_FILE` names."""
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE: cannot read {path} ({error.strerror}).") from error
    value = environ.get(name, default)
    if value is None:
        raise SettingError(f"{name} is not set. See .env.example for what it means.")
    return value


def flag(name: str, default: bool, *, environ: Mapping[str, str] = os.environ) -> bool:
    """Return a truth value written as 1/0, true/false, yes/no or on/off."""
    value = text(name, "1" if default else "0", environ=environ).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise SettingError(f"{name} must be 1 or 0 (got {value!r}).")


def integer(name: str, default: int, *, least: int | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Return a whole number of at least `least`."""
    value = text(name, str(default), environ=environ)
    try:
        found = int(value)
    except ValueError:
        raise SettingError(f"{name} must be a whole number (got {value!r}).") from None
    if least is not None and found < least:
        raise SettingError(f"{name} must be at least {least} (got {found}).")
    return found


def amount(name: str, default: str, *, environ: Mapping[str, str] = os.environ) -> Decimal:
    """Return an amount of money that is not negative."""
    value = text(name, default, environ=environ)
    try:
        found = Decimal(value)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise SettingError(f"{name} must be an amount such as 2.50 (got {value!r}).")
    return found


def words(name: str, default: str = "", *, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return a list written with commas."""
    return [word.strip() for word in text(name, default, environ=environ).split(",") if word.strip()]


def numbers(name: str, *, environ: Mapping[str, str] = os.environ) -> dict[str, int]:
    """Return whole numbers by their names, written as name=number pairs with commas."""
    found = {}
    for pair in words(name, environ=environ):
        key, _, number = pair.partition("=")
        if not key.strip() or not number.strip().isdecimal():
            raise SettingError(f"{name} must be pairs such as pro=90,team=30 (got {pair!r}).")
        found[key.strip()] = int(number)
    return found


def url(name: str, default: str | None = None, *, environ: Mapping[str, str] = os.environ) -> str:
    """Return an absolute address without a slash at its end. A default of '' lets there be none."""
    value = text(name, default, environ=environ).rstrip("/")
    if not value and default == "":
        return ""
    parts = urlsplit(value)
    if not parts.scheme or not (parts.netloc or parts.path):
        raise SettingError(f"{name} must be an absolute address such as https://example.org (got {value!r}).")
    return value
