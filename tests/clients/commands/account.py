"""Files and preferences."""

from __future__ import annotations

import httpx
from unitysvc import Client

from tests.clients.usvc import CommandLine, types
from tests.clients.world import CHAT, World


@types("files ls", "files put", "files get", "files url")
def files(usvc: CommandLine, client: Client, world: World) -> None:
    report, folder = world.folder / "q2.txt", f"personal/{world.name('reports')}"
    report.write_text("vermilion")
    assert usvc.told("files", "ls", "-f", "json")["folders"] == ["personal/"]
    assert f"{folder}/q2.txt" in usvc("files", "put", report, folder)
    (row,) = [line for line in usvc("files", "ls", folder).splitlines() if "q2.txt" in line]
    assert [part.strip() for part in row.strip("│ ").split("│")][:2] == [f"{folder}/q2.txt", "9"]
    usvc("files", "get", f"{folder}/q2.txt", "down.txt")
    assert (world.folder / "down.txt").read_text() == "vermilion"
    assert httpx.get(usvc("files", "url", f"{folder}/q2.txt", "--expires", "60").strip()).text == "vermilion"
    assert "404" in usvc("files", "get", f"{folder}/q3.txt", fails=True)


@types("preferences list", "preferences get", "preferences set", "preferences clear", "preferences notification",
       "preferences ai", "preferences request-log")  # fmt: skip
def preferences(usvc: CommandLine, client: Client, world: World) -> None:
    def lines(*arguments: str) -> list[str]:
        return [line.strip() for line in usvc("preferences", *arguments).splitlines()]

    whose = "(customer: Demo customer)"
    assert {line for line in lines("list") if line.endswith(whose)} == {
        f"{name}  {whose}" for name in ("ai", "notification", "request-log")
    }
    assert lines("ai", CHAT)[1:] == [f"value:     {CHAT}", f"effective: {CHAT}  (source: account)"]
    assert lines("notification", CHAT)[1] == f"value:     {CHAT}"
    assert lines("request-log", "complete")[1] == "value:     complete"
    assert lines("set", "request-log", "--value", "truncated")[1] == "value:     truncated"
    assert lines("set", "ai", "--json", "--value", f'{{"service": "{CHAT}"}}')[0] == f"ai  {whose}"
    assert lines("get", "ai")[1] == f"value:     {CHAT}"
    assert lines("clear", "ai")[1:] == ["value:     -", "effective: -  (source: default)"]
    for name in ("notification", "request-log"):
        client.preferences.clear(name)
