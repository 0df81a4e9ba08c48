"""`usvc seller` as a seller types it, and the table of what is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unitysvc_sellers import Client

from tests.clients.resident import Resident
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.surface import seller_commands


class Typed:
    """Commands in the folder of a shop. ran: those that were typed."""

    def __init__(self, resident: Resident, shop: Shop) -> None:
        self.resident, self.shop, self.ran = resident, shop, set[str]()

    def __call__(self, *words: object, fails: bool = False, **environment: str) -> str:
        """Return what a command prints and what it says beside that."""
        return str(self._typed(words, fails, environment)["output"])

    def told(self, *words: object) -> Any:
        """Return the JSON that a command prints."""
        return json.loads(self._typed((*words, "--format", "json"), False, {})["printed"])

    def _typed(self, words: tuple[object, ...], fails: bool, environment: dict[str, str]) -> dict[str, Any]:
        told = self.resident.typed(*words, folder=self.shop.folder, **environment)
        assert not told["raised"], told["raised"]
        assert (told["code"] != 0) is fails, told["output"]
        texts = [str(each) for each in words]
        self.ran |= {" ".join(texts[:length]) for length in (2, 3)} & seller_commands()
        return told


Types = Callable[[Typed, Client, Shop], None]


@dataclass(frozen=True)
class Commands:
    """A row of the table."""

    run: Types
    covers: frozenset[str]

    def __str__(self) -> str:
        return self.run.__name__


TABLE: list[Commands] = []


def types(*names: str) -> Callable[[Types], Types]:
    """Put a function into the table, with the commands that it types."""

    def entered(run: Types) -> Types:
        TABLE.append(Commands(run, frozenset(names)))
        return run

    return entered
