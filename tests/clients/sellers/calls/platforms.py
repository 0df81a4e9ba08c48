"""Platform services: published, joined, called."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.clients.driven import Driven
from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.clients.table import SELLERS
from tests.clients.world import answered, until
from tests.journeys.test_seller import eventually
from tests.journeys.visitors import Operator

PROVIDER = json.dumps(goods.provider("{{ service_name.split('/')[1] }}"))
OFFERING = json.dumps(
    goods.offering("{{ service_name.split('/')[2] }}", 0)
    | {
        "upstream_access_config": {
            "primary": {
                "access_method": "http",
                "base_url": "{{ api_base_url }}",
                "api_key": "${ secrets.{{ api_key_secret }} }",
                "routing_key": {"model": "{{ model }}"},
            }
        }
    }
)
LISTING = json.dumps(goods.listing("{{ service_name }}", list_price="PRICE")).replace(
    '"PRICE"', "{{ platform_service.list_price | tojson }}"
)
PARAMETERS = {
    "type": "object",
    "properties": {
        name: {"type": "string", "minLength": 1} for name in ("service_name", "api_base_url", "api_key_secret", "model")
    },
    "required": ["service_name", "api_base_url", "model"],
}


def published(shop: Shop, name: str, price: str) -> dict[str, Any]:
    """Return what publishes a platform service of pictures at /p/<name>."""
    interface = {"base_url": f"${{API_GATEWAY_BASE_URL}}/p/{name}", "routing_key": {"model": "fast"}}
    sold = goods.listing(f"{shop.seller}/{name}", user_access_interfaces={"api": interface}, documents={})
    offered = goods.offering(name, 0)
    del offered["upstream_access_config"]
    files = {"provider_data": goods.provider(shop.seller), "offering_data": offered}
    template = {
        "name": name,
        "version": "1",
        "display_name": "A painter",
        "service_type": "image_generation",
        "parameter_schema": PARAMETERS,
        "provider_template": PROVIDER,
        "offering_template": OFFERING,
        "listing_template": LISTING,
    }
    sold["list_price"] = {"type": "image", "price": price}
    return {"service_data": {**files, "listing_data": sold}, "member_template": template}


@SELLERS.covers("Services.upload_platform_service")
async def a_service_that_others_answer_for(client: Driven, shop: Shop) -> None:
    name = shop.name("painters")
    address = f"/p/{name}/images/generations"

    async def done(queued: Any) -> dict[str, Any]:
        told = (await client.tasks.wait(queued.task_id, poll_interval=0.05))[queued.task_id]
        assert told["status"] == "completed", told
        return dict(told["result"])

    made = await done(await client.services.upload_platform_service(published(shop, name, "0.10")))
    assert (made["status"], made["member_template"], shop.has(name)) == ("created", "created", "review")
    with Operator(shop.marketplace) as operator:
        operator.approve(f"{shop.seller}/{name}")
        member = f"{name}/{shop.seller}/{shop.name('prism')}"
        values = {
            "service_name": member,
            "api_base_url": f"http://127.0.0.1:{shop.marketplace.upstream_port}/northwind/openai/v1",
            "api_key_secret": goods.SECRET,
            "model": "prism-1",
        }
        template = made["member_template_id"]
        await done(await client.services.create_from_template(template, parameters=values, auto_submit=True))
        (row,) = (await client.services.list(name=member)).data
        assert (row.kind, str(row.parent_id), row.visibility) == ("platform_member", made["service_id"], "private")
        async with asked(shop) as http:
            nobody = await http.post(address, json={"model": "fast", "prompt": "x"})
            assert (nobody.status_code, nobody.json()["error"]["code"]) == (503, "group_unavailable")
            assert eventually(lambda: operator.waiting().get(member) is not None, True, seconds=60)
            operator.approve(member)
            painted = await until(lambda: http.post(address, json={"model": "fast", "prompt": "x", "n": 1}), answered)
            assert (painted.headers["x-usvc-service"], "b64_json" in painted.text) == (member, True)
            hidden = await http.post(f"/p/{member}/images/generations", json={"model": "prism-1", "prompt": "x"})
            assert hidden.status_code == 404
    again = await done(await client.services.upload_platform_service(published(shop, name, "0.20")))
    assert (again["service_id"], again["member_template"]) == (made["service_id"], "unchanged")
    detail = await (await client.services.get(made["service_id"])).to_dict()
    assert (detail["status"], detail["price"]["price"], detail["kind"]) == ("active", "0.20", "platform")


def asked(shop: Shop) -> httpx.AsyncClient:
    """Return the demo customer's way to the gateway."""
    headers = {"authorization": f"Bearer {shop.marketplace.key}"}
    return httpx.AsyncClient(base_url=shop.marketplace.url, headers=headers, timeout=30)
