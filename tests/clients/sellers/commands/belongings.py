"""Secrets, files and templates."""

from __future__ import annotations

import httpx
from unitysvc_sellers import Client

from tests.clients.sellers.shop import Shop
from tests.clients.sellers.usvc import Typed, types

MANIFEST = """\
# Where it runs
{variable}=north   # variable
{secret}=sk-from-a-file
"""


@types("secrets set", "secrets list", "secrets show", "secrets upload", "secrets delete")
def secrets_and_variables(usvc: Typed, client: Client, shop: Shop) -> None:
    secret, variable = shop.constant("TOKEN"), shop.constant("REGION")
    assert secret in usvc("secrets", "set", secret, "--value", "sk-hidden", "-d", "For tests")
    assert "north" in usvc("secrets", "set", variable, "--value", "north", "--variable", "--format", "json")
    shown = usvc.told("secrets", "show", secret)
    assert (shown["name"], shown["description"], shown["value"]) == (secret, "For tests", None)
    manifest = shop.folder / "secrets.env"
    manifest.write_text(MANIFEST.format(secret=secret, variable=variable))
    usvc("secrets", "upload", manifest, "--dry-run")
    assert client.secrets.get(secret).description == "For tests"
    usvc("secrets", "upload", manifest)
    listed = {each["name"]: each for each in usvc.told("secrets", "list")}
    assert (listed[secret]["value"], listed[variable]["value"]) == (None, "north")
    assert "sk-" not in usvc("secrets", "list")
    usvc("secrets", "delete", secret, "--force")
    assert "no such secret" in usvc("secrets", "show", secret, fails=True)


@types("files put", "files ls", "files get", "files url")
def files(usvc: Typed, client: Client, shop: Shop) -> None:
    report, folder = shop.folder / "report.txt", shop.name("reports")
    report.write_text("vermilion")
    assert f"{folder}/report.txt" in usvc("files", "put", report, folder)
    (listed,) = usvc.told("files", "ls", folder)["files"]
    assert (listed["key"], listed["size"]) == (f"{folder}/report.txt", 9)
    usvc("files", "get", listed["key"], shop.folder / "down.txt")
    assert (shop.folder / "down.txt").read_text() == "vermilion"
    address = usvc("files", "url", listed["key"], "--expires", "60").strip()
    assert httpx.get(address).text == "vermilion"


@types("templates list", "templates show")
def templates(usvc: Typed, client: Client, shop: Shop) -> None:
    assert shop.template in {each["name"] for each in usvc.told("templates", "list")}
    shown = usvc("templates", "show", shop.template)
    assert "Pictures of yours" in shown
    assert "context_length" in shown
