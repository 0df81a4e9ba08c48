"""A command line that is loaded once and typed into many times: in a process, if need be an environment, of its own.

Typed into one after the other. What a command prints to the terminal and what programs that it starts print are apart.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

_LOOP = """
import importlib, json, os, sys
from typer.testing import CliRunner
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
module, _, name = sys.argv[1].partition(":")
app = getattr(importlib.import_module(module), name)
for line in sys.stdin:
    asked = json.loads(line)
    os.chdir(asked["folder"])
    done = CliRunner().invoke(app, asked["words"], env=asked["environment"])
    raised = done.exception
    told = {"code": done.exit_code, "output": done.output, "printed": done.stdout, "raised": ""}
    if raised is not None and not isinstance(raised, SystemExit):
        told["raised"] = f"{type(raised).__name__}: {raised}"
    print(json.dumps(told), file=answers, flush=True)
"""


class Resident:
    """app: "module:name" of a typer app. environment: what the commands find. python: of the one that has it."""

    def __init__(self, app: str, environment: dict[str, str], *, python: Path | str = sys.executable) -> None:
        plain = {**os.environ, "COLUMNS": "400", "NO_COLOR": "1", **environment}
        self.process = subprocess.Popen(
            [str(python), "-c", _LOOP, app], env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Resident:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate(timeout=10)

    def typed(self, *words: object, folder: Path, **environment: str) -> dict[str, Any]:
        """Run a command in a folder, and return its exit code, what it printed, and what it did not catch."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"words": [str(each) for each in words], "folder": str(folder), "environment": environment}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told
