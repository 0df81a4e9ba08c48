"""What is made of records when they are read: prices."""

from __future__ import annotations

import json
from decimal import Decimal

from domain.routing.snapshot import SERVICE
from gateway.compiled import Prices
from tests.factories import records as make


def stored_price(version, amount):
    service = make.service(price=make.price(id=version, price={"type": "constant", "price": amount}))
    return SERVICE.decode(json.dumps(SERVICE.encode(service))).price


def test_equal_prices_of_many_services_are_compiled_once():
    prices = Prices()

    assert prices.of(stored_price("one", "0.25")) is prices.of(stored_price("other", "0.25"))


def test_no_price_is_taken_for_another_that_was_forgotten():
    prices = Prices(size=4)

    for cents in [*range(50), *range(50)]:
        amount = Decimal(cents) / 100
        price = make.price(str(amount))
        assert prices.of(price).cost({}, request_count=1) == amount
