"""A program that speaks the Model Context Protocol on its standard streams, as an assistant starts it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any


class ToolServer:
    """environment: besides what the machine has. Tools are called one after the other."""

    def __init__(self, program: Path, environment: dict[str, str], folder: Path) -> None:
        self._log = (folder / "server.log").open("wb")
        self._process = subprocess.Popen(
            [str(program)],
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._number = 0

    def __enter__(self) -> ToolServer:
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
        self.greeting = self._ask("initialize", hello)
        self._send({"method": "notifications/initialized"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=20)
        self._log.close()

    def tools(self) -> dict[str, dict[str, Any]]:
        """Return the tools by their names."""
        return {each["name"]: each for each in self._ask("tools/list", {})["tools"]}

    def call(self, tool: str, **arguments: Any) -> Any:
        """Return what a tool answers: its structured content, else its text."""
        told = self._ask("tools/call", {"name": tool, "arguments": arguments})
        assert not told.get("isError"), told
        structured = told.get("structuredContent")
        text = "\n".join(each.get("text", "") for each in told["content"])
        return structured.get("result", structured) if structured is not None else text

    def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline()
            assert line, "the server has ended"
            answer = json.loads(line)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()
