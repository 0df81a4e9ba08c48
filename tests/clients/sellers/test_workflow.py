"""The way of a seller as their guide has it: files, local checks, upload, tests, review, sale, earnings.

The pipeline tests through the gateway. The first upstream is not there, which is found out and attributed.
"""

from __future__ import annotations

import json
from decimal import Decimal

import httpx
import pytest

from config.embedded.engines import free_port
from tests.clients.forking import Forking
from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.usvc import Typed
from tests.fakes.command_line import CommandLine
from tests.journeys.test_seller import eventually
from tests.journeys.visitors import Operator

pytestmark = pytest.mark.journey


def test_from_files_to_earnings(usvc_seller: Forking, shop: Shop):
    usvc, name = Typed(usvc_seller, shop), shop.name("pictures")
    full, place = f"{shop.seller}/{name}", shop.write(name)
    offering = json.loads((place / "offering.json").read_text())

    # 1. the files, with an upstream that nobody is at
    away = goods.offering(name, free_port())
    (place / "offering.json").write_text(json.dumps(away))
    usvc("specs", "format", fails=False)
    assert "are valid" in usvc("specs", "validate")
    assert "Passed: 1/1" in usvc("specs", "run-tests", "-c", "code_example", PICTURES_API_KEY=goods.UPSTREAM_KEY)

    # 2. uploaded, tested, submitted: the fault is the upstream's
    assert "All uploads completed" in usvc("specs", "upload", full)
    told = usvc("services", "run-tests", full, "--poll-interval", "0.2", fails=True)
    assert "upstream_fault — Upstream:" in told
    assert "(upstream fault)" in told
    usvc("services", "submit", full, "--yes")
    assert eventually(lambda: shop.has(name), "rejected", seconds=90)
    (row,) = usvc.told("services", "list", full)
    assert row["status_message"].startswith("Request body at api: Upstream:")

    # 3. mended, submitted again, approved
    goods.write_json(place / "offering.json", offering)
    again = CommandLine(shop.folder, shop.url, shop.key)  # a process remembers the files that it has read
    assert "All uploads completed" in again("specs", "upload", full, "--submit")
    assert json.loads((place / "service.json").read_text())["service_id"] == row["id"]
    assert eventually(lambda: shop.has(name), "review", seconds=90)
    with Operator(shop.marketplace) as operator:
        assert "is now active" in operator.approve(full)

    # 4. a customer calls, and the seller earns three quarters of what they pay
    assert eventually(lambda: shop.paint(name).status_code, 200)
    shop.marketplace.wait_settled()
    with httpx.Client(headers={"authorization": f"Bearer {shop.key}"}) as http:
        earned = http.get(f"{shop.url}/earnings").json()["data"]
    (mine,) = [each for each in earned if each["service_id"] == row["id"]]
    assert Decimal(mine["customer_charge"]) == Decimal(goods.PRICE) * mine["requests"]
    assert Decimal(mine["payout"]) == Decimal(mine["customer_charge"]) * Decimal("0.75")
