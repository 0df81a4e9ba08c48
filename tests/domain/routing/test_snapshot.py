"""Published records as they are stored: JSON, read as text by the gateway and as a mapping by the pages."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from domain.routing.snapshot import (
    ALIAS,
    API_KEY,
    BROADCAST,
    CHAIN,
    CUSTOMER,
    GROUP,
    ROUTE,
    SERVICE,
    ApiKeyRecord,
    ChainStep,
    Codec,
    RouteEntry,
    RouteRecord,
)
from tests.factories import records as make

_GROUP = make.group("fast", make.member("one", price=Decimal("0.30"), routing_key={"model": "m"}), "two")
_ROUTE = RouteRecord("acme/chat", (RouteEntry({"model": "m"}, make.SERVICE), RouteEntry(None, make.OTHER_SERVICE)))
RECORDS = [
    (API_KEY, ApiKeyRecord("key", make.TEAM, "customer", None, True, 1767225600.5)),
    (CUSTOMER, make.customer(enrollments=(make.enrollment(covered_until=1767225600.0),))),
    (SERVICE, make.service(details={"max_output_tokens": 4096, "share": 0.25}, pool=_GROUP)),
    (ROUTE, _ROUTE),
    (ALIAS, make.alias("a", "p/acme/chat")),
    (GROUP, _GROUP),
    (CHAIN, make.chain("c", ChainStep("one", "p/acme/chat", body={"n": 1}))),
    (BROADCAST, make.broadcast("b", "p/acme/chat")),
]


@pytest.mark.parametrize(("codec", "record"), RECORDS, ids=lambda value: value.kind if isinstance(value, Codec) else "")
def test_is_the_same_read_as_text_and_as_a_mapping(codec, record):
    stored = codec.encode(record)

    assert codec.decode(json.dumps(stored)) == codec.decode(stored) == record


def test_of_mappings_share_nothing_that_is_still_changed():
    price = {"type": "graduated", "tiers": [{"up_to": 10, "price": "1"}]}
    one, other = (make.price(price=price) for _ in range(2))

    assert one.price is not other.price


def test_of_texts_share_what_they_say_alike():
    stored = [json.dumps(SERVICE.encode(make.service(id=f"service-{number}"))) for number in range(50)]

    services = [SERVICE.decode(text) for text in stored]

    # what is shared is kept in a cache, where another text may have taken the place now and then
    assert len({id(service.seller_id) for service in services}) < 10
    assert len({id(service.channels[0].access_method) for service in services}) < 10
    assert len({id(service.details) for service in services}) == 1
    assert len({id(service.price.price) for service in services}) == 1
    assert len({id(service.channels[0].config) for service in services}) == 1
