"""Files in a folder: checked, put in order, made by a program, shown, tried out, uploaded."""

from __future__ import annotations

import json

from unitysvc_sellers import Client

from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.usvc import Typed, types

POPULATOR = """\
import json, pathlib
place = pathlib.Path("specs/{seller}/{name}")
place.mkdir(parents=True)
for part, content in json.loads(pathlib.Path("parts.json").read_text()).items():
    (place / f"{{part}}.json").write_text(json.dumps(content))
"""


@types("specs validate", "specs format", "specs show", "specs expand", "specs list services", "specs list providers",
       "specs list sellers", "specs list offerings", "specs list listings")  # fmt: skip
def files_on_this_machine(usvc: Typed, client: Client, shop: Shop) -> None:
    name = shop.name("pictures")
    full, place = f"{shop.seller}/{name}", shop.write(name)
    assert "are valid" in usvc("specs", "validate")
    (place / "offering.json").write_text(json.dumps(json.loads((place / "offering.json").read_text())))
    assert "offering.json" in usvc("specs", "format", "--check", fails=True)
    usvc("specs", "format")
    usvc("specs", "format", "--check")
    for what in ("services", "providers", "offerings", "listings"):
        assert name in usvc("specs", "list", what) or shop.seller in usvc("specs", "list", what)
    usvc("specs", "list", "sellers")
    shown = json.loads(usvc("specs", "show", full, "--listing", "--format", "text"))
    assert shown["list_price"]["price"] == goods.PRICE
    usvc("specs", "expand", full)
    assert (shop.folder / "expanded" / full / "listing.json").is_file()
    goods.write_json(place / "listing.json", {**shown, "name": "elsewhere/name"})
    assert "does not match the folder path" in usvc("specs", "validate", fails=True)


@types("specs populate", "specs upload")
def files_that_a_program_makes(usvc: Typed, client: Client, shop: Shop) -> None:
    name = shop.name("made")
    data = shop.body(name)["data"]
    goods.write_json(shop.folder / "parts.json", {part.removesuffix("_data"): each for part, each in data.items()})
    (shop.folder / "update.py").write_text(POPULATOR.format(seller=shop.seller, name=name))
    goods.write_json(shop.folder / "config.json", {"services_populator": {"command": ["update.py"]}})
    assert "Would execute" in usvc("specs", "populate", "--dry-run")
    usvc("specs", "populate")
    place = shop.folder / "specs" / shop.seller / name
    assert (place / "listing.json").read_text().startswith('{\n  "')
    assert "All uploads completed" in usvc("specs", "upload", f"{shop.seller}/{name}")
    written = json.loads((place / "service.json").read_text())
    assert (written["name"], written["status"]) == (f"{shop.seller}/{name}", "created")
    assert shop.has(name) == "draft"


@types("specs list-tests", "specs run-tests", "specs show-test")
def scripts_on_this_machine(usvc: Typed, client: Client, shop: Shop) -> None:
    name = shop.name("pictures")
    shop.write(name)
    listed = {
        each["title"] for each in json.loads(usvc("specs", "list-tests", "--format", "json").partition("\n\n")[2])
    }
    assert listed == {"Connectivity test", "Python example"}
    ran = usvc("specs", "run-tests", "--category", "code_example", PICTURES_API_KEY=goods.UPSTREAM_KEY)
    assert "Passed: 1/1" in ran
    assert "PASS" in usvc("specs", "show-test", f"{shop.seller}/{name}", "--title", "Python example")
    broken = usvc(
        "specs", "run-tests", "--category", "connectivity_test", "--force", PICTURES_API_KEY="wrong", fails=True
    )
    assert "Failed: 1/1" in broken
