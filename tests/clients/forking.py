"""A command line that is loaded once, and typed into many times in processes of their own: copies of the loaded one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

_LOOP = """
import importlib, json, os, sys
module, _, name = sys.argv[1].partition(":")
app = getattr(importlib.import_module(module), name)
for each in ("httpcore", "anyio._backends._asyncio", "pydantic.json_schema"):
    importlib.import_module(each)  # what the first call would load
answers = os.dup(1)

def run(asked):
    for number, kept in ((1, "output"), (2, "errors")):
        os.dup2(os.open(asked[kept], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = [asked["program"], *asked["words"]]
    app()

for line in iter(sys.stdin.buffer.raw.readline, b""):
    child = os.fork()
    if child == 0:
        run(json.loads(line))
        sys.exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(answers, f"{code}\\n".encode())
"""


class Forking:
    """app: "module:name" of what a console script calls. environment: what it finds while it is loaded."""

    def __init__(self, app: str, environment: Mapping[str, str], *, python: Path | str = sys.executable) -> None:
        self.folder = TemporaryDirectory(prefix="typed-")
        self.process = subprocess.Popen(
            [str(python), "-c", _LOOP, app], env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Forking:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate(timeout=10)
        self.folder.cleanup()

    def typed(
        self, program: str, words: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        output, errors = (Path(self.folder.name) / each for each in ("output", "errors"))
        asked = {"program": program, "words": list(words), "folder": str(folder), "environment": dict(environment)}
        asked |= {"output": str(output), "errors": str(errors)}
        os.write(self.process.stdin.fileno(), json.dumps(asked).encode() + b"\n")
        code = int(self.process.stdout.readline())
        return subprocess.CompletedProcess([program, *words], code, output.read_text(), errors.read_text())
