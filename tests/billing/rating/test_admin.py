"""What operators do with usage in the admin."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from billing.prices.models import PriceVersion
from billing.rating import services as rating
from billing.rating.models import Charge, UsageInbox, UsageQuarantine
from tests.factories.accounts import UserFactory
from tests.factories.billing import funded_wallet, price_version, ship, ship_raw, usage_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator_client(client: Client) -> Client:
    client.force_login(UserFactory(operator=True))
    return client


def acted(client: Client, model: str, action: str, pk: object) -> str:
    address = reverse(f"admin:rating_{model}_changelist")
    return client.post(address, {"action": action, "_selected_action": [pk]}, follow=True).content.decode()


class TestUnpricedCharges:
    def test_are_priced_again(self, operator_client):
        wanted = uuid4()
        ship(usage_event(funded_wallet("10"), price_version(), price_version_id=wanted))
        rating.settle(limit=1)
        assert "still cannot be priced" in acted(operator_client, "charge", "reprice", Charge.objects.get().pk)

        PriceVersion.objects.create(
            id=wanted, side="list", currency="USD", price={"type": "one_token", "price": "2"}, digest="any"
        )

        assert "has its price" in acted(operator_client, "charge", "reprice", Charge.objects.get().pk)
        assert Charge.objects.get().charged == 2


class TestQuarantine:
    def test_is_sent_back_to_the_inbox(self, operator_client):
        ship_raw([(uuid4(), uuid4(), None, "{}")])
        rating.settle(limit=1)

        assert "1 sent back" in acted(operator_client, "usagequarantine", "retry", UsageQuarantine.objects.get().pk)
        assert UsageInbox.objects.count() == 1
        assert not UsageQuarantine.objects.exists()


class TestPages:
    def test_show_how_a_charge_came_about(self, operator_client):
        ship(usage_event(funded_wallet("10"), price_version()))
        rating.settle(limit=1)

        shown = operator_client.get(reverse("admin:rating_charge_change", args=[Charge.objects.get().pk]))

        assert "formula" in shown.content.decode()

    @pytest.mark.parametrize(
        "model", ["rating_charge", "rating_usageinbox", "rating_periodusage", "ledger_transaction", "ledger_account"]
    )
    def test_list_what_there_is(self, operator_client, model):
        wallet = funded_wallet("10")
        ship(usage_event(wallet, price_version()))
        rating.settle(limit=1)
        ship(usage_event(wallet, price_version()))

        assert operator_client.get(reverse(f"admin:{model}_changelist")).status_code == 200

    def test_let_nobody_edit(self, operator_client):
        ship(usage_event(funded_wallet("10"), price_version()))
        rating.settle(limit=1)
        address = reverse("admin:rating_charge_change", args=[Charge.objects.get().pk])

        assert operator_client.post(address, {"charged": "0"}).status_code == 403
