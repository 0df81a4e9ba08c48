"""`usvc seller` as a seller types it, and the table of what is typed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unitysvc_sellers import Client

from tests.clients.forking import Forking
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.surface import seller_commands


class Typed:
    """Commands in the folder of a shop. loaded: the program. ran: the commands that were typed."""

    def __init__(self, loaded: Forking, shop: Shop) -> None:
        self.loaded, self.shop, self.ran = loaded, shop, set[str]()

    def __call__(self, *words: object, fails: bool = False, **environment: str) -> str:
        """Return what a command prints and what it says beside that."""
        done = self._typed(words, fails, environment)
        return done.stdout + done.stderr

    def told(self, *words: object) -> Any:
        """Return the JSON that a command prints."""
        return json.loads(self._typed((*words, "--format", "json"), False, {}).stdout)

    def _typed(
        self, words: tuple[object, ...], fails: bool, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        texts = [str(each) for each in words]
        found = {**self.shop.surroundings, **environment}
        done = self.loaded.typed("usvc", texts, folder=self.shop.folder, environment=found)
        assert "Traceback" not in done.stderr, done.stderr
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        self.ran |= {" ".join(texts[:length]) for length in (2, 3)} & seller_commands()
        return done


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
