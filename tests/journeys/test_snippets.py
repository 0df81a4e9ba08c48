"""The calls that service pages offer for copying do work, with nothing changed but the key."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.catalog.snippets import PLACEHOLDER_KEY
from tests.journeys.marketplace import ROOT, Marketplace

pytestmark = pytest.mark.journey

SERVICES = {
    "northwind/aurora-chat": "Echo: ",
    "northwind/meridian-embed": "",
    "northwind/prism-image": "",
    "tidewater/fable-messages": "Echo: ",
}


def snippet(marketplace: Marketplace, service: str, language: str) -> str:
    """Return what the copy button of the Code tab puts on the clipboard, with a working key."""
    with marketplace.client() as client:
        page = client.get(f"/market/{service}", params={"tab": "code", "snippet": language})
    assert page.status_code == 200
    found = re.search(r'data-copy="([^"]*)"', page.text[page.text.index('class="code-box"') :])
    assert found is not None
    code = html.unescape(found[1])
    assert PLACEHOLDER_KEY in code
    return code.replace(PLACEHOLDER_KEY, marketplace.key)


class TestSnippets:
    @pytest.mark.parametrize(("service", "words"), SERVICES.items())
    def test_call_from_a_shell(self, marketplace, service, words):
        code = snippet(marketplace, service, "curl").replace("curl ", "curl --fail-with-body --silent ", 1)

        ran = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=60, check=False)

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert words in ran.stdout

    @pytest.mark.parametrize(("service", "words"), SERVICES.items())
    def test_call_from_python(self, marketplace, service, words):
        code = snippet(marketplace, service, "python")

        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

        assert ran.returncode == 0, ran.stderr
        assert words.strip() in ran.stdout
        assert ran.stdout.strip()

    @pytest.mark.parametrize(("service", "words"), SERVICES.items())
    def test_call_from_the_command_line(self, marketplace, service, words):
        code = snippet(marketplace, service, "cli")
        programs = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": os.environ["HOME"]}

        ran = subprocess.run(
            ["bash", "-c", code], capture_output=True, text=True, timeout=60, check=False, env=programs
        )

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert words in ran.stdout
        assert "HTTP 200" in ran.stderr


class TestExamplesOfConnections:
    @pytest.mark.parametrize("service", ["tidewater/echo", "tidewater/rpc"])
    def test_do_what_their_service_says(self, marketplace, service):
        example = ROOT / "examples" / "catalog" / "specs" / service / "example.py"
        environment = {
            "PATH": os.environ["PATH"],
            "SERVICE_BASE_URL": f"{marketplace.url}/p/{service}",
            "UNITYSVC_API_KEY": marketplace.key,
        }

        ran = subprocess.run(
            [sys.executable, str(example)], env=environment, capture_output=True, text=True, timeout=60
        )

        assert (ran.stdout, ran.returncode) == ("hello\n", 0), ran.stderr
