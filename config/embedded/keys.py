"""The keys of one machine: made once, kept in the data folder, readable by us alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from config.embedded import env_files
from domain import sealing

_HEADING = "Made once. Without these values, sessions, API keys and stored secrets of this data folder are lost."


def kept_keys(data: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the keys that `given` does not set: of sessions, of API keys, and the pair that seals secrets."""
    path = data / "settings.env"
    kept = env_files.read(path)
    wanted = {name: kept.get(name) or make() for name, make in _MAKERS.items() if not _is_given(name, given)}
    if not _is_given("SECRETS_PUBLIC_KEY", given):
        wanted |= _pair(kept)
    if wanted.items() - kept.items():
        env_files.write(path, {**kept, **wanted}, heading=_HEADING)
    return wanted


_MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "API_KEY_PEPPER": lambda: secrets.token_urlsafe(32),
}


def _pair(kept: Mapping[str, str]) -> dict[str, str]:
    names = ("SECRETS_PRIVATE_KEYS", "SECRETS_PUBLIC_KEY")
    if all(kept.get(name) for name in names):
        return {name: kept[name] for name in names}
    return dict(zip(names, sealing.new_key_pair(), strict=True))


def _is_given(name: str, given: Mapping[str, str]) -> bool:
    return bool(given.get(name) or given.get(f"{name}_FILE"))
