"""`usvc` in processes of its own, as a customer types it; and the table of what is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unitysvc import Client

from tests.clients.forking import Forking
from tests.clients.surface import commands
from tests.clients.world import World

PROGRAM = Path(sysconfig.get_path("scripts")) / "usvc"


def environment(world: World) -> dict[str, str]:
    """Return what the program finds where it is typed."""
    names = ("UNITYSVC_API_KEY", "UNITYSVC_API_URL", "UNITYSVC_API_BASE_URL")
    demo = {name: world.marketplace.demo[name] for name in names}
    return {**os.environ, **demo, "COLUMNS": "2000", "NO_COLOR": "1", "HOME": str(world.folder)}


class CommandLine:
    """ran: the commands that were typed. loaded: the program, already loaded; else it is started each time."""

    def __init__(self, world: World, loaded: Forking | None = None) -> None:
        self.loaded = loaded
        self.folder, self.ran = world.folder, set[str]()
        self.environment = environment(world)

    def __call__(self, *arguments: object, fails: bool = False) -> str:
        """Return what a command prints."""
        done = self.typed(*arguments)
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout

    def told(self, *arguments: object) -> Any:
        """Return the JSON that a command prints."""
        return json.loads(self(*arguments))

    def typed(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        words = [str(each) for each in arguments]
        self.ran |= {" ".join(words[:1]), " ".join(words[:2])} & commands()
        if self.loaded:
            return self.loaded.typed("usvc", words, folder=self.folder, environment=self.environment)
        return subprocess.run(
            [str(PROGRAM), *words],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


Typed = Callable[[CommandLine, Client, World], None]


@dataclass(frozen=True)
class Commands:
    """A row of the table."""

    run: Typed
    covers: frozenset[str]

    def __str__(self) -> str:
        return self.run.__name__


TABLE: list[Commands] = []


def types(*names: str) -> Callable[[Typed], Typed]:
    """Put a function into the table, with the commands that it types."""

    def entered(run: Typed) -> Typed:
        TABLE.append(Commands(run, frozenset(names)))
        return run

    return entered
