"""Tests of services on the platform."""

from __future__ import annotations

from unitysvc_sellers import Client

from tests.clients.sellers.commands.services import stored
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.usvc import Typed, types


@types("services run-tests", "services list-tests", "services show-test", "services skip-test", "services unskip-test")
def tests_on_the_platform(usvc: Typed, client: Client, shop: Shop) -> None:
    name = shop.name("pictures")
    service = stored(client, shop, name)
    ran = usvc("services", "run-tests", f"{shop.seller}/{name}", "--poll-interval", "0.1")
    assert "Request body: success" in ran
    rows = {each["title"]: each for each in usvc.told("services", "list-tests", "--id", service)}
    assert set(rows) == {"Connectivity test", "Python example"}
    example = rows["Python example"]["doc_id"].rstrip("…")
    assert "Python example" in usvc("services", "show-test", example)
    (document,) = [each for each in client.services.get(service).documents if each.title == "Python example"]
    assert "skip" in usvc("services", "skip-test", document.id)
    assert {each["title"]: each["status"] for each in usvc.told("services", "list-tests", "--id", service)}[
        "Python example"
    ] == "skip"
    assert "pending" in usvc("services", "unskip-test", document.id)
