"""docs/gateway.md: its examples are run in a shell as they are printed, and answer what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from domain.routing.grammar import TARGETS, WRAPPERS
from tests.journeys.marketplace import ROOT

pytestmark = pytest.mark.journey
PAGE = (ROOT / "docs" / "gateway.md").read_text()
EXAMPLES = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
#: Stands in front of a line's output, and is no part of any answer.
MARK = "@@@ line"
_PROMISE = "# → "


def commands(example: str) -> list[str]:
    """Return the example as commands, each with the promises below it; what goes on over lines stays together."""
    found: list[str] = []
    for line in example.splitlines():
        if (line.startswith(_PROMISE) and found) or (found and not _is_whole(found[-1])):
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return [each for each in found if each.strip()]


def _is_whole(command: str) -> bool:
    return subprocess.run(["bash", "-n", "-c", command], capture_output=True).returncode == 0 and not command.endswith(
        "\\"
    )


def same(text: str) -> str:
    """Return a text without blanks: how JSON is spaced is not promised."""
    return re.sub(r"\s", "", text).lower()


def test_every_letter_has_an_example():
    called = set(re.findall(r'call "?([a-z](?:/[a-z])*)/', PAGE))
    assert {letter for path in called for letter in path.split("/")} >= {*TARGETS, *WRAPPERS}


def test_the_examples_answer_what_the_page_says(marketplace):
    lines = [command for example in EXAMPLES for command in commands(example)]
    script = "".join(f"{command}\necho; echo '{MARK}'\n" for command in lines)
    (marketplace.folder / ".data").mkdir(exist_ok=True)
    values = "".join(f"{name}={value}\n" for name, value in marketplace.demo.items())
    (marketplace.folder / ".data" / "demo.env").write_text(values)

    # what the page says to install is installed here
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=marketplace.folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )

    outputs = ran.stdout.split(MARK)
    assert len(outputs) == len(lines) + 1, ran.stderr
    promised = 0
    for command, output in zip(lines, outputs, strict=False):
        for promise in re.findall(rf"^{_PROMISE}(.*)$", command, re.MULTILINE):
            assert same(promise) in same(output), f"{command}\nanswered\n{output}"
            promised += 1
    assert promised > 20
    assert ran.stderr == ""
