"""Which translation a channel asks for, and which calls it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from domain.transforming.errors import TransformerInvalid

Dialect = Literal["anthropic", "openai"]
_WAYS: dict[str, tuple[Dialect, Dialect]] = {
    "anthropic_to_openai": ("anthropic", "openai"),
    "openai_to_anthropic": ("openai", "anthropic"),
}
_VERSION = re.compile(r"/v\d+(?:(?:alpha|beta)\d*)?(?:/|\Z)")
_PATHS: dict[Dialect, tuple[str, ...]] = {"anthropic": ("messages",), "openai": ("chat", "completions")}


@dataclass(frozen=True, slots=True)
class Translation:
    """client: how the caller speaks; upstream: how the upstream does."""

    client: Dialect
    upstream: Dialect

    def rest(self, rest: tuple[str, ...], base: str) -> tuple[str, ...] | None:
        """Return the path below the upstream's address for a call to translate, None for one that is passed on.

        rest: the caller's. An address that ends in the version, or in the whole path, is not given it again.
        """
        asked = rest[1:] if rest[:1] == ("v1",) else rest
        if asked not in ((), _PATHS[self.client]):
            return None
        path, address = _PATHS[self.upstream], base.partition("?")[0].rstrip("/")
        if address.endswith("/" + "/".join(path)):
            return ()
        return path if _VERSION.search(address) else ("v1", *path)


def read_translation(value: object) -> Translation:
    """Return the translation that a channel names. Raises TransformerInvalid."""
    if isinstance(value, dict):
        value = value.get("mode") or value.get("direction")
    way = _WAYS.get(value) if isinstance(value, str) else None
    if way is None:
        raise TransformerInvalid(f"must be {' or '.join(_WAYS)} (got {value!r:.60}).")
    return Translation(*way)
