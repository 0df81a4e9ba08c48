"""Groups and promotions, from files."""

from __future__ import annotations

import pytest
from unitysvc_sellers import Client
from unitysvc_sellers.exceptions import NotFoundError

from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.usvc import Typed, types


@types("groups upload", "groups list", "groups show", "groups delete")
def groups(usvc: Typed, client: Client, shop: Shop) -> None:
    name, member = shop.name("studio"), shop.name("pictures")
    made = client.services.upload(shop.body(member))
    client.tasks.wait(made.task_id, poll_interval=0.05)
    (shop.folder / "groups").mkdir()
    content = {"name": name, "display_name": "Studio", "services": [{"name": f"{shop.seller}/{member}"}]}
    goods.write_json(shop.folder / "groups" / "studio.json", content)
    assert "1 success, 0 failed" in usvc("groups", "upload")
    assert name in {each["name"] for each in usvc.told("groups", "list", "--status", "draft")}
    shown = usvc.told("groups", "show", name)
    assert (shown["display_name"], shown["service_count"]) == ("Studio", 1)
    assert "Deleted" in usvc("groups", "delete", name, "--force")
    with pytest.raises(NotFoundError):
        client.groups.get(shown["id"])


@types("promotions upload", "promotions list", "promotions show", "promotions activate", "promotions pause",
       "promotions delete")  # fmt: skip
def promotions(usvc: Typed, client: Client, shop: Shop) -> None:
    name = shop.name("tenth-off")
    (shop.folder / "promotions").mkdir()
    content = {"name": name, "pricing": {"type": "multiply", "factor": "0.9"}, "scope": {"services": "*"}}
    goods.write_json(shop.folder / "promotions" / "off.json", content)
    assert "1 success, 0 failed" in usvc("promotions", "upload")
    shown = usvc.told("promotions", "show", name)
    assert (shown["status"], shown["pricing"]["factor"]) == ("draft", "0.9")
    usvc("promotions", "activate", name)
    assert client.promotions.get(shown["id"]).status == "active"
    usvc("promotions", "pause", shown["id"])
    assert {each["name"]: each["status"] for each in usvc.told("promotions", "list")}[name] == "paused"
    assert "draft" in usvc("promotions", "delete", name, "--force", fails=True)
    draft = client.promotions.upsert({**content, "name": shop.name("other")})
    assert "Deleted" in usvc("promotions", "delete", draft.name, "--force")
