"""Services on the platform: listed, changed, moved on and removed."""

from __future__ import annotations

from unitysvc_sellers import Client

from tests.clients.sellers.shop import Shop
from tests.clients.sellers.usvc import Typed, types
from tests.journeys.test_seller import eventually
from tests.journeys.visitors import Operator


def stored(client: Client, shop: Shop, name: str) -> str:
    """Upload pictures and return the id of their service."""
    task = client.services.upload(shop.body(name)).task_id
    return str(client.tasks.wait(task, poll_interval=0.05)[task]["result"]["service_id"])


@types("services list", "services show", "services update", "services delete")
def drafts(usvc: Typed, client: Client, shop: Shop) -> None:
    family = shop.name("family")
    first, second = (stored(client, shop, f"{family}-{each}") for each in "ab")
    wanted = f"{shop.seller}/{family}-*"
    listed = usvc.told("services", "list", wanted, "--status", "draft", "--provider", shop.seller, "--sort", "name")
    assert {each["name"] for each in listed} == {f"{shop.seller}/{family}-a", f"{shop.seller}/{family}-b"}
    assert usvc.told("services", "list", wanted, "--limit", "1", "--all") != []
    shown = usvc("services", "show", f"{shop.seller}/{family}-a")
    assert "Python example" in shown
    assert "primary" in shown
    changes = ("--visibility", "public", "--set-price", "price=0.06", "--set-routing-var", "region=north")
    told = usvc("services", "update", f"{shop.seller}/{family}-a", *changes)
    assert ("visibility=public" in told, '"region": "north"' in told) == (True, True)
    detail = usvc.told("services", "show", "--id", first)
    assert (detail["price"]["price"], detail["routing_vars"]) == ("0.06", {"region": "north"})

    assert "no actual deletions" in usvc("services", "delete", wanted, "--dryrun", "--yes")
    assert shop.has(f"{family}-a") == "draft"
    usvc("services", "delete", "--id", first, "--yes")
    usvc("services", "delete", wanted, "--status", "draft", "--yes")
    assert (shop.has(f"{family}-a"), shop.has(f"{family}-b"), second != first) == ("", "", True)


@types("services submit", "services enable-testing", "services withdraw", "services set-visibility",
       "services deprecate")  # fmt: skip
def the_life_of_a_service(usvc: Typed, client: Client, shop: Shop) -> None:
    name = shop.name("pictures")
    full = f"{shop.seller}/{name}"
    stored(client, shop, name)
    usvc("services", "enable-testing", full, "--yes")
    assert shop.has(name) == "pending"
    usvc("services", "withdraw", full, "--yes")
    assert shop.has(name) == "draft"
    usvc("services", "submit", full, "--yes")
    assert eventually(lambda: shop.has(name), "review", seconds=60)
    usvc("services", "set-visibility", "public", full, "--yes")
    with Operator(shop.marketplace) as operator:
        operator.approve(full)
    assert usvc.told("services", "list", full)[0]["visibility"] == "public"
    assert "No services matching" in usvc("services", "delete", full, "--yes")
    usvc("services", "deprecate", full, "--yes")
    assert shop.has(name) == "deprecated"
