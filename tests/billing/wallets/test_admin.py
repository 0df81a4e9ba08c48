"""What operators do with wallets in the admin."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from billing.wallets.models import Wallet, WalletEntry
from tests.factories.accounts import UserFactory
from tests.factories.billing import Process, funded_wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator_client(client: Client) -> Client:
    client.force_login(UserFactory(operator=True, email="operator@example.org"))
    return client


def page(view: str, wallet: Wallet) -> str:
    return reverse(f"admin:wallets_wallet_{view}", args=[wallet.pk])


class TestCreditForm:
    ENTERED = {"amount": "12.50", "kind": "grant", "note": "Welcome"}

    def entered(self, client: Client, wallet: Wallet, **changes: str) -> dict[str, str]:
        """Return the form as the operator fills it in, with the key that its page came with."""
        shown = client.get(page("credit", wallet)).content.decode()
        key = re.search(r'name="key" value="([0-9a-f-]+)"', shown)[1]
        return {**self.ENTERED, "key": key, **changes}

    def test_puts_money_in_and_says_who_did_it(self, operator_client):
        wallet = funded_wallet("0")

        answer = operator_client.post(page("credit", wallet), self.entered(operator_client, wallet), follow=True)

        assert "12.50 USD credited." in answer.content.decode()
        wallet.refresh_from_db()
        assert wallet.settled == Decimal("12.5")
        entry = WalletEntry.objects.get()
        assert (entry.transaction.memo, entry.transaction.created_by.email) == ("Welcome", "operator@example.org")
        assert "credited" in LogEntry.objects.get().change_message

    def test_credits_once_when_sent_twice(self, operator_client):
        wallet = funded_wallet("0")
        form = self.entered(operator_client, wallet)

        for _ in range(2):
            assert operator_client.post(page("credit", wallet), form).status_code == 302

        wallet.refresh_from_db()
        assert wallet.settled == Decimal("12.5")

    @pytest.mark.parametrize(
        "changes", [{"amount": "0"}, {"amount": "-1"}, {"amount": "NaN"}, {"kind": "gift"}, {"note": ""}, {"key": "x"}]
    )
    def test_comes_back_with_what_is_wrong(self, operator_client, changes):
        wallet = funded_wallet("0")

        answer = operator_client.post(page("credit", wallet), self.entered(operator_client, wallet, **changes))

        assert answer.status_code == 422
        assert not WalletEntry.objects.exists()


class TestCreditLimitForm:
    def test_lends_a_limit(self, operator_client):
        wallet = funded_wallet("0")

        assert operator_client.post(page("credit_limit", wallet), {"limit": "25"}).status_code == 302

        wallet.refresh_from_db()
        assert wallet.credit_limit == 25

    def test_says_how_far_it_can_be_lowered(self, operator_client):
        wallet = funded_wallet("0", credit_limit="10")
        Process().draw(wallet, "4")

        answer = operator_client.post(page("credit_limit", wallet), {"limit": "3"})

        assert answer.status_code == 422
        assert "At most 6" in answer.content.decode()


class TestReverse:
    def test_takes_a_credit_back(self, operator_client):
        wallet = funded_wallet("5")

        answer = operator_client.post(
            reverse("admin:wallets_walletentry_changelist"),
            {"action": "reverse", "_selected_action": [WalletEntry.objects.get().pk]},
            follow=True,
        )

        assert "reversed" in answer.content.decode()
        wallet.refresh_from_db()
        assert wallet.settled == 0


class TestPages:
    @pytest.mark.parametrize("model", ["wallet", "walletentry", "lease"])
    def test_list_what_there_is(self, operator_client, model):
        wallet = funded_wallet("5")
        Process().draw(wallet, "1")

        answer = operator_client.get(reverse(f"admin:wallets_{model}_changelist"))

        assert wallet.team.name in answer.content.decode()

    def test_show_a_wallet_with_its_entries(self, operator_client):
        wallet = funded_wallet("5")

        answer = operator_client.get(page("change", wallet))

        assert page("credit", wallet) in answer.content.decode()
        assert "Credit granted" in answer.content.decode()

    @pytest.mark.parametrize("view", ["credit", "credit_limit"])
    def test_are_not_for_outsiders_nor_for_operators_without_the_right(self, client, view):
        wallet = funded_wallet("5")
        client.force_login(UserFactory())
        assert client.post(page(view, wallet), {"limit": "1"}).status_code == 302
        assert Wallet.objects.get().credit_limit == 0

        helper = UserFactory(is_staff=True)
        helper.user_permissions.add(Permission.objects.get(codename="view_wallet"))
        client.force_login(helper)
        assert client.post(page(view, wallet), {"limit": "1"}).status_code == 403
        assert client.get(page("change", wallet)).status_code == 200
