"""Groups and promotions."""

from __future__ import annotations

from typing import Any

import pytest
from unitysvc_sellers.exceptions import NotFoundError, ValidationError

from tests.clients.driven import Driven
from tests.clients.sellers.shop import Shop, uploaded
from tests.clients.table import SELLERS


@SELLERS.covers("Groups.upsert", "Groups.get", "Groups.list", "Groups.iter_all", "Groups.update", "Groups.delete",
                "Group.refresh", "Group.update", "Group.delete", "GroupList.next_page")  # fmt: skip
async def groups_of_services(client: Driven, shop: Shop) -> None:
    member = shop.name("pictures")
    await uploaded(client, shop, member)
    name = shop.name("studio")
    wanted: dict[str, Any] = {"name": name, "display_name": "Studio", "services": [{"name": f"{shop.seller}/{member}"}]}
    made = await client.groups.upsert(wanted)
    assert (made.name, made.status, made.owner_type, made.service_count) == (name, "draft", "seller", 1)
    again = await client.groups.upsert({**wanted, "display_name": "The studio"})
    assert (again.id, again.display_name) == (made.id, "The studio")
    assert (await client.groups.get(made.id)).name == name
    both = {"membership_rules": {"expression": "True"}, "services": wanted["services"]}
    with pytest.raises(ValidationError):
        await client.groups.upsert({**wanted, **both})

    other = await client.groups.upsert({"name": shop.name("shelf"), "display_name": "Shelf", "status": "active"})
    page = await client.groups.list(limit=1)
    assert (page.data[0].id, page.has_more) == (other.id, True)
    assert (await page.next_page()).data[0].id == made.id
    walked = [each.id async for each in await client.groups.iter_all(limit=1)]
    assert walked[:2] == [other.id, made.id]

    assert (await made.update({"description": "All of it", "status": "private"})).status == "private"
    fresh = await made.refresh()
    assert (fresh.description, fresh.status) == ("All of it", "private")
    assert (await client.groups.update(other.id, {"status": "draft"})).status == "draft"
    await fresh.delete()
    await client.groups.delete(other.id)
    for gone in (made, other):
        with pytest.raises(NotFoundError):
            await client.groups.get(gone.id)


@SELLERS.covers("Promotions.upsert", "Promotions.get", "Promotions.list", "Promotions.iter_all", "Promotions.update",
                "Promotions.delete", "Promotion.refresh", "Promotion.update", "Promotion.delete",
                "PromotionList.next_page")  # fmt: skip
async def promotions_of_prices(client: Driven, shop: Shop) -> None:
    name = shop.name("tenth-off")
    code = {"scope": {"customers": {"code": "{{ promotion_code(8) }}"}, "services": "*"}}
    wanted: dict[str, Any] = {"name": name, "pricing": {"type": "multiply", "factor": "0.9"}, **code}
    made = await client.promotions.upsert(wanted)
    assert (made.name, made.status, made.source, made.requires_redemption) == (name, "draft", "seller_code", True)
    assert (len(made.code), made.pricing.to_dict()) == (8, {"type": "multiply", "factor": "0.9"})
    again = await client.promotions.upsert({**wanted, "description": "For the first"})
    assert (again.id, again.code, again.description) == (made.id, made.code, "For the first")

    other = await client.promotions.upsert(
        {"name": shop.name("half"), "pricing": {"type": "multiply", "factor": "0.5"}}
    )
    page = await client.promotions.list(limit=1)
    assert (page.data[0].id, page.has_more) == (other.id, True)
    assert (await page.next_page()).data[0].id == made.id
    assert [each.id async for each in await client.promotions.iter_all(limit=1)][:2] == [other.id, made.id]

    assert (await made.update({"status": "active"})).status == "active"
    assert made.id in {each.id for each in (await client.promotions.list(status="active")).data}
    with pytest.raises(ValidationError):
        await made.delete()
    assert (await client.promotions.update(made.id, {"status": "paused"})).status == "paused"
    assert (await made.refresh()).status == "paused"
    await other.delete()
    third = await client.promotions.upsert(
        {"name": shop.name("last"), "pricing": {"type": "multiply", "factor": "0.8"}}
    )
    await client.promotions.delete(third.id)
    for gone in (other, third):
        with pytest.raises(NotFoundError):
            await client.promotions.get(gone.id)
