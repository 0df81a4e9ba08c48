"""What the waiting client does with a folder of files."""

from __future__ import annotations

from tests.clients.driven import Driven
from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.clients.table import SELLERS


@SELLERS.covers("Client.upload", "Client.upload_file", kinds=("sync",))
async def a_folder_of_services(client: Driven, shop: Shop) -> None:
    names = [shop.name("pictures") for _ in range(2)]
    for name in names:
        shop.write(name)
    told = await client.upload(shop.folder)
    assert (told.services.success, told.services.failed, told.services.errors) == (2, 0, [])
    assert [shop.has(name) for name in names] == ["draft", "draft"]
    again = await client.upload(shop.folder, name=f"{shop.seller}/{names[0]}", auto_submit=True)
    assert (again.services.success, shop.has(names[1])) == (1, "draft")
    assert shop.has(names[0]) in {"pending", "review"}

    logo = shop.folder / "logo.svg"
    logo.write_text("<svg/>")
    page = shop.folder / "page.md"
    page.write_text("# Pictures\n\n![logo](logo.svg)\n")
    key = await client.upload_file(page)
    assert key.endswith(".md")
    assert await client.upload_file(page) == key


@SELLERS.covers("Client.upload_groups", "Client.upload_promotions", kinds=("sync",))
async def folders_of_groups_and_promotions(client: Driven, shop: Shop) -> None:
    group, promotion = shop.name("studio"), shop.name("off")
    for folder, content in (
        ("groups", {"name": group, "display_name": "Studio", "services": []}),
        ("promotions", {"name": promotion, "pricing": {"type": "multiply", "factor": "0.9"}}),
    ):
        (shop.folder / folder).mkdir()
        goods.write_json(shop.folder / folder / "one.json", content)
        goods.write_json(shop.folder / folder / "two.json", {"name": "Not a name"})
    for told in (await client.upload_groups(shop.folder), await client.upload_promotions(shop.folder)):
        assert (told.total, told.success, told.failed) == (2, 1, 1)
        assert "two.json" in told.errors[0]["file"]
    assert group in {each.name for each in (await client.groups.list()).data}
    assert promotion in {each.name for each in (await client.promotions.list()).data}
