from __future__ import annotations

import pytest
from django.urls import resolve

from common.navigation import CUSTOMER, SELLER, current, jumps

PLACES = {place for section in (*CUSTOMER, *SELLER) for place in section.places}


class TestNavigation:
    @pytest.mark.parametrize("place", sorted(PLACES, key=lambda place: place.path), ids=lambda place: place.path)
    def test_leads_to_pages(self, place):
        assert resolve(place.path).func

    def test_has_the_order_of_the_customer_guide(self):
        assert [(section.label, [place.label for place in section.places]) for section in CUSTOMER] == [
            ("", ["Home", "Market"]),
            ("Services", ["Enrollments"]),
            ("Billing", ["Wallet", "Usage", "Subscriptions", "Promotions", "Statements"]),
            ("Routing", ["Aliases", "Collections", "Chains", "Broadcasts", "Test a path"]),
            ("Developer", ["API Keys", "Playground", "Secrets", "Scheduled Requests", "Request Logs", "Files"]),
            ("Support", ["Messages", "Get help", "Documentation", "Status"]),
            ("Settings", ["Account"]),
        ]

    @pytest.mark.parametrize("is_seller", [False, True])
    def test_has_keys_that_lead_to_pages_and_that_nothing_else_has(self, is_seller):
        found = jumps(is_seller=is_seller)

        assert all(resolve(address).func for _, address, _ in found)
        assert len({key for key, _, _ in found} | set("gjk/?") - {"k"}) == len(found) + 4
        assert {key: address for key, address, _ in found}["m"] == "/market"

    @pytest.mark.parametrize(
        ("path", "label"),
        [
            ("/", "Home"),
            ("/market", "Market"),
            ("/market/acme/chat", "Market"),
            ("/markets", None),
            ("/wallet/top-up", "Wallet"),
            ("/accounts/login/", None),
        ],
    )
    def test_knows_where_a_page_belongs(self, path, label):
        place = current(path, is_seller=False)

        assert (place.label if place else None) == label
