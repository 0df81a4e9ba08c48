"""Services: found, read, changed, submitted, removed."""

from __future__ import annotations

from typing import Any

import pytest
from unitysvc_sellers.exceptions import NotFoundError, ValidationError

from tests.clients.driven import Driven
from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop, uploaded
from tests.clients.table import SELLERS
from tests.clients.world import until


async def row(client: Driven, shop: Shop, name: str) -> Any:
    """Return a service as the list has it: what `get` returns cannot change itself, the package knows no id of it."""
    (found,) = (await client.services.list(name=f"{shop.seller}/{name}")).data
    return found


@SELLERS.covers("Services.list", "Services.iter_all", "ServiceList.next_page", "Services.get", "Service.refresh",
                "Service.to_dict")  # fmt: skip
async def services_page_by_page(client: Driven, shop: Shop) -> None:
    family = shop.name("family")
    made = [await uploaded(client, shop, f"{family}-{each}") for each in "abc"]
    wanted = f"{shop.seller}/{family}-*"
    page = await client.services.list(name=wanted, limit=2)
    assert ([str(each.id) for each in page.data], page.has_more) == (made[:0:-1], True)
    rest = await page.next_page()
    assert ([str(each.id) for each in rest.data], rest.has_more) == (made[:1], False)
    assert await rest.next_page() is None
    walked = [each async for each in await client.services.iter_all(name=wanted, limit=2)]
    assert [str(each.id) for each in walked] == made[::-1]
    narrowed = {
        "provider": shop.seller,
        "status": "draft",
        "service_type": "image_generation",
        "channel_type": "managed",
    }
    assert len((await client.services.list(name=wanted, **narrowed)).data) == 3
    assert (await client.services.list(name=wanted, status="active")).data == []

    detail = await walked[0].refresh()
    told = await detail.to_dict()
    assert (told["service_id"], told["service_name"]) == (made[2], f"{shop.seller}/{family}-c")
    assert (told["status"], told["price"]["price"]) == ("draft", goods.PRICE)
    assert {each["title"] for each in told["documents"]} == {"Connectivity test", "Python example", "Request body"}
    assert (await (await client.services.get(made[0][:8])).to_dict())["service_id"] == made[0]
    with pytest.raises(NotFoundError):
        await client.services.get("00000000-0000-4000-8000-000000000000")


@SELLERS.covers("Services.update", "Service.update", "Service.mark_pending", "Services.delete", "Service.delete")
async def a_draft_that_is_changed_and_removed(client: Driven, shop: Shop) -> None:
    name = shop.name("pictures")
    made = await uploaded(client, shop, name)
    changed = await client.services.update(made, {"visibility": "public", "list_price": {"set": {"price": "0.05"}}})
    assert changed.visibility == "public"
    detail = await (await client.services.get(made)).to_dict()
    assert detail["price"]["price"] == "0.05"
    draft = await row(client, shop, name)
    vars_told = await draft.update({"routing_vars": {"set": {"region": "north"}}})
    assert vars_told.routing_vars.to_dict() == {"region": "north"}
    assert (await draft.mark_pending()).status == "pending"
    assert (await client.services.update(made, {"status": "draft"})).status == "draft"
    with pytest.raises(ValidationError, match="draft"):
        await client.services.update(made, {"status": "deprecated"})

    told = await draft.delete(dryrun=True)
    assert (told.can_delete, told.deleted, shop.has(name)) == (True, False, "draft")
    told = await client.services.delete(made)
    assert (told.deleted, shop.has(name)) == (True, "")
    with pytest.raises(NotFoundError):
        await draft.delete()


@SELLERS.covers("Services.submit_for_review", "Service.submit")
async def submissions_that_are_tested(client: Driven, shop: Shop) -> None:
    name, other = shop.name("pictures"), shop.name("pictures")
    first, second = await uploaded(client, shop, name), await uploaded(client, shop, other)
    told = await client.services.submit_for_review(first)
    assert (str(told.id), told.status) == (first, "pending")
    assert (await (await row(client, shop, other)).submit()).status == "pending"
    for each in (first, second):
        found = await until(lambda each=each: client.services.get(each), lambda service: service.status != "pending")
        assert found.status == "review"
    again = await client.services.submit_for_review(second)
    assert (again.status, "already" in again.message.lower() or "review" in again.message.lower()) == ("review", True)


@SELLERS.covers("Services.run_tests", "Service.run_tests")
async def tests_of_a_draft(client: Driven, shop: Shop) -> None:
    name = shop.name("pictures")
    made = await uploaded(client, shop, name)
    done = await client.services.run_tests(made, poll_interval=0.05)
    assert (done.passed, done.service_id, done.snapshot_status, done.success_count) == (True, made, "draft", 1)
    titles = {each.document_title: (each.status, each.outcome) for each in done.results}
    assert titles["Request body"] == ("success", "gateway_pass")
    assert titles["Connectivity test"] == ("skipped", "no_runner")
    again = await (await row(client, shop, name)).run_tests(category="code_example", force=True, poll_interval=0.05)
    assert [each.document_title for each in again.results] == ["Python example"]
