"""The pages of payments: what people see, may do, and where they are sent."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Role
from billing.payments.models import AutoTopUp, Pause, Refund, TopUp, TopUpState
from billing.payments.services import attending
from billing.wallets import services as wallets
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import usd
from tests.factories.payments import now_in, pay, spend, stand, start, wallet_with_card
from tests.factories.visitors import HTMX, visitor
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.django_db
ASKS_EACH_TIME = "pm_card_authenticationRequired"


@pytest.fixture
def buyer():
    return TeamFactory()


@pytest.fixture
def wallet(stripe, stripe_processor, buyer):
    """The buyer's wallet; a card is saved."""
    return wallet_with_card(stripe, stripe_processor, team=buyer)[0]


def key_of(page: str) -> str:
    return re.search(r'name="key" value="([0-9a-f-]+)"', page)[1]


def card_of(page: str) -> str:
    return re.search(r'name="card" value="(pm_[^"]+)"', page)[1]


def text(response) -> str:
    return response.content.decode()


class TestTopUpForm:
    def test_states_least_most_fee_and_expiry(self, buyer, wallet):
        page = text(visitor(buyer).get("/wallet/top-up"))

        assert re.search(r"Least</dt>\s*<dd>\s*<data[^>]*>5\.00 USD", page)
        assert re.search(r"Most at once</dt>\s*<dd>\s*<data[^>]*>5,000\.00 USD", page)
        assert re.search(r"Fee</dt>\s*<dd>\s*none", page)
        assert re.search(r"Expires</dt>\s*<dd>\s*never", page)
        assert "Visa •••• 4242" in page
        assert "No real money" in page

    def test_charges_the_saved_card_and_shows_the_true_state(self, buyer, wallet, stripe):
        client = visitor(buyer)
        page = text(client.get("/wallet/top-up"))
        form = {"amount": "25", "card": card_of(page), "key": key_of(page)}

        answers = [client.post("/wallet/top-up?currency=USD", form) for _ in range(2)]

        top_up = TopUp.objects.get()
        assert {answer.status_code for answer in answers} == {303}
        assert {answer["Location"] for answer in answers} == {f"http://testserver/wallet/top-ups/{top_up.pk}"}
        assert "25.00 USD</data> is in the wallet" in text(client.get(f"/wallet/top-ups/{top_up.pk}"))
        assert len(stripe.objects("charge")) == 1

    def test_leads_to_the_processors_page_for_another_card(self, buyer, wallet, stripe):
        client = visitor(buyer)
        form = {"amount": "25", "card": "other", "key": key_of(text(client.get("/wallet/top-up")))}

        answer = client.post("/wallet/top-up?currency=USD", form)

        top_up = TopUp.objects.get()
        assert answer["Location"] == top_up.page_url
        assert answer["Location"].startswith(stripe.url)
        back = stripe.complete_page(top_up.page_id)
        shown = text(client.get(back))
        assert "is in the wallet" in shown
        assert "25.00 USD" in shown.partition("Available now:")[2][:80]
        assert now_in(wallet).settled == 25

    @pytest.mark.parametrize(
        ("entered", "says"),
        [
            ({"amount": "4"}, "Give an amount from 5.00 to 5,000.00 USD"),
            ({"amount": "x"}, "Enter a number."),
            ({"amount": "25", "card": "pm_of_somebody"}, "Select a valid choice."),
            ({"amount": "25", "key": "x"}, "Enter a valid UUID."),
        ],
    )
    def test_comes_back_with_what_is_wrong(self, buyer, wallet, entered, says):
        client = visitor(buyer)
        key = key_of(text(client.get("/wallet/top-up")))

        answer = client.post("/wallet/top-up?currency=USD", {"card": "other", "key": key, **entered})

        assert answer.status_code == 422
        assert says in text(answer)
        assert not TopUp.objects.exists()

    def test_opens_the_first_wallet(self, buyer, stripe):
        client = visitor(buyer)
        page = text(client.get("/wallet"))
        assert "Make the first top-up" in page

        form = {"amount": "25", "card": "other", "key": key_of(text(client.get("/wallet/top-up")))}
        client.post("/wallet/top-up", form)

        assert TopUp.objects.get().wallet.team == buyer

    def test_says_when_the_processor_is_silent(self, buyer, wallet, stripe):
        client = visitor(buyer)
        key = key_of(text(client.get("/wallet/top-up")))
        stripe.faults.add(Fault.ERROR_BEFORE, "* *", times=None)

        assert "cannot be listed at the moment" in text(client.get("/wallet/top-up"))
        answer = client.post("/wallet/top-up?currency=USD", {"amount": "25", "card": "other", "key": key})

        assert answer.status_code == 422
        assert "could not be reached" in text(answer)

    def test_is_not_offered_without_a_processor(self, buyer, wallet, settings):
        settings.STRIPE_SECRET_KEY = ""
        client = visitor(buyer)

        pages = [text(client.get(address)) for address in ("/wallet", "/wallet/top-up", "/wallet/cards")]

        assert all("No card payments here" in page for page in pages)
        assert 'name="amount"' not in pages[1]

    def test_has_no_field_for_a_card_number(self, buyer, wallet):
        client = visitor(buyer)
        for address in ("/wallet/top-up", "/wallet/cards", "/wallet/auto-top-up"):
            assert not re.search(r'(?i)name="[^"]*(number|cvc|cvv|expiry)', text(client.get(address)))


class TestTopUpPage:
    def test_leads_to_the_bank_and_back(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME, team=buyer)
        top_up = pay(stripe_processor, wallet, "25", card, now=timezone.now())
        client = visitor(buyer)

        page = text(client.get(f"/wallet/top-ups/{top_up.pk}"))
        assert f"/wallet/top-ups/{top_up.pk}/confirm" in page
        assert client.get(f"/wallet/top-ups/{top_up.pk}/confirm")["Location"].startswith(stripe.url)
        stripe.authenticate(top_up.payment_id)

        part = text(client.get(f"/wallet/top-ups/{top_up.pk}", **HTMX))
        assert part.lstrip().startswith('<div id="top-up-state"')
        assert "is in the wallet" in part
        assert "hx-trigger" not in part

    def test_can_call_a_payment_off(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME, team=buyer)
        top_up = pay(stripe_processor, wallet, "25", card, now=timezone.now())

        visitor(buyer).post(f"/wallet/top-ups/{top_up.pk}/cancel")

        top_up.refresh_from_db()
        assert top_up.state == TopUpState.CANCELED

    def test_is_not_for_outsiders(self, wallet):
        top_up = start(wallet)
        client = visitor(TeamFactory())

        for address in ("", "/confirm"):
            assert client.get(f"/wallet/top-ups/{top_up.pk}{address}").status_code == 404
        assert client.post(f"/wallet/top-ups/{top_up.pk}/cancel").status_code == 404


class TestAutoTopUpForm:
    FORM = {"threshold": "5", "target": "25", "monthly_ceiling": "100"}

    def test_switches_it_on_changes_it_and_switches_it_off(self, buyer, wallet, stripe, stripe_processor):
        client = visitor(buyer)
        card = card_of(text(client.get("/wallet/auto-top-up")))

        client.post("/wallet/auto-top-up?currency=USD", {**self.FORM, "card": card})
        page = text(client.get("/wallet"))
        assert (
            "When the available balance falls to 5.00 USD, Visa •••• 4242 is charged up to 25.00 USD; at most"
            " 100.00 USD a month, of which 0.00 USD so far." in page
        )

        client.post("/wallet/auto-top-up?currency=USD", {**self.FORM, "target": "30", "card": card})
        assert AutoTopUp.objects.get().target == 30
        client.post("/wallet/auto-top-up/stop?currency=USD")
        assert "Nothing is charged by itself." in text(client.get("/wallet"))

    def test_comes_back_with_what_is_wrong(self, buyer, wallet):
        client = visitor(buyer)
        card = card_of(text(client.get("/wallet/auto-top-up")))

        answer = client.post("/wallet/auto-top-up?currency=USD", {**self.FORM, "target": "6", "card": card})

        assert answer.status_code == 422
        assert "at least 5.00 USD more" in text(answer)

    def test_tells_how_to_go_on_after_a_stop(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, "pm_card_chargeCustomerFail", team=buyer)
        stand(wallet, card)
        attending.attend(wallet_id=wallet.pk, processor=stripe_processor, now=timezone.now())
        client = visitor(buyer)

        for address in ("/wallet", "/wallet/banner", "/wallet/auto-top-up"):
            page = text(client.get(address))
            assert "Automatic top-ups have stopped" in page
            assert "Your card was declined." in page
        client.post("/wallet/auto-top-up/resume?currency=USD")
        assert AutoTopUp.objects.get().paused_reason == ""

    def test_calls_a_waiting_confirmation_off_when_it_is_resumed(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME, team=buyer)
        stand(wallet, card)
        attending.attend(wallet_id=wallet.pk, processor=stripe_processor, now=timezone.now())
        client = visitor(buyer)
        assert "Confirm the payment" in text(client.get("/wallet/banner"))

        client.post("/wallet/auto-top-up/resume?currency=USD")

        assert TopUp.objects.get().state == TopUpState.CANCELED
        assert AutoTopUp.objects.get().paused_reason == ""

    def test_keeps_a_warning_of_ones_own(self, buyer, wallet):
        client = visitor(buyer)

        client.post("/wallet/warning?currency=USD", {"warn_below": "12.50"})

        assert wallet.watch.warn_below == Decimal("12.5")
        assert 'value="12.50"' in text(client.get("/wallet/auto-top-up"))


class TestCards:
    def test_are_listed_added_offered_first_and_removed(self, buyer, wallet, stripe, stripe_processor):
        _, second = wallet_with_card(stripe, stripe_processor, "pm_card_mastercard", team=buyer)
        client = visitor(buyer)

        client.post("/wallet/cards/default", {"card": second})
        page = text(client.get("/wallet/cards"))
        assert page.index("Mastercard •••• 4444") < page.index("Visa •••• 4242")
        assert client.post("/wallet/cards/add")["Location"].startswith(stripe.url)
        assert client.post("/wallet/cards/portal")["Location"].startswith(stripe.url)
        client.post("/wallet/cards/remove", {"card": second})
        assert "was removed" in text(client.get("/wallet/cards"))
        assert "Mastercard" not in text(client.get("/wallet/cards"))

    def test_of_others_are_out_of_reach(self, wallet, stripe, stripe_processor):
        other, card = wallet_with_card(stripe, stripe_processor)
        client = visitor(TeamFactory())

        for address in ("default", "remove"):
            assert client.post(f"/wallet/cards/{address}", {"card": card}).status_code == 404
        assert len(stripe_processor.cards(customer_id=other.team.processor_customers.get().processor_id)) == 1

    def test_that_are_none_are_explained(self, stripe, buyer):
        assert "No card is saved" in text(visitor(buyer).get("/wallet/cards"))

    def test_of_an_order_stop_it_when_they_go(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, team=buyer)
        pay(stripe_processor, wallet, "25", card, now=timezone.now())
        stand(wallet, card)

        visitor(buyer).post("/wallet/cards/remove", {"card": card})

        assert AutoTopUp.objects.get().paused_reason == Pause.CARD_REMOVED


class TestRefundForm:
    def test_sends_money_back(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, team=buyer)
        pay(stripe_processor, wallet, "25", card)
        client = visitor(buyer)
        page = text(client.get("/wallet/refund?currency=USD"))
        assert "At most 25.00 USD." in page

        for _ in range(2):
            assert client.post("/wallet/refund?currency=USD", {"amount": "10", "key": key_of(page)}).status_code == 302

        assert Refund.objects.get().amount == 10
        assert now_in(wallet).settled == 15

    def test_comes_back_with_what_is_wrong(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, team=buyer)
        pay(stripe_processor, wallet, "25", card)
        client = visitor(buyer)
        key = key_of(text(client.get("/wallet/refund")))

        answer = client.post("/wallet/refund?currency=USD", {"amount": "26", "key": key})

        assert answer.status_code == 422
        assert "At most 25.00 USD can go back" in text(answer)

    def test_of_nothing_says_why(self, buyer, wallet):
        wallets.credit(wallet=wallet, amount=usd("9"), kind="grant", key="x", note="", by=None, now=timezone.now())

        assert "Nothing can be refunded" in text(visitor(buyer).get("/wallet/refund"))

    def test_is_there_for_operators_too(self, client, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, "25", card)
        client.force_login(UserFactory(operator=True))
        address = reverse("admin:payments_topup_refund", args=[top_up.pk])
        page = text(client.get(address))

        assert client.post(address, {"amount": "26", "key": key_of(page)}).status_code == 422
        assert client.post(address, {"amount": "5", "key": key_of(page)}).status_code == 302
        assert Refund.objects.get().amount == 5


class TestRights:
    PAGES = ["/wallet/top-up", "/wallet/auto-top-up", "/wallet/cards", "/wallet/refund"]
    ACTIONS = ["auto-top-up/stop", "auto-top-up/resume", "warning", "cards/add", "cards/portal", "cards/remove"]

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.DEVELOPER])
    def test_keep_people_without_billing_from_paying(self, buyer, wallet, role):
        client = visitor(buyer, role)

        assert {client.get(address).status_code for address in self.PAGES} == {403}
        assert {client.post(f"/wallet/{action}").status_code for action in self.ACTIONS} == {403}
        assert "Top up" not in re.sub(r"(?s)<nav.*?</nav>", "", text(client.get("/wallet")))

    def test_let_billing_people_pay(self, buyer, wallet):
        client = visitor(buyer, Role.BILLING)

        assert {client.get(address).status_code for address in self.PAGES} == {200}


class TestWalletPage:
    def test_says_what_a_day_costs_and_how_long_the_money_lasts(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, team=buyer)
        pay(stripe_processor, wallet, "25", card)
        spend(wallet, "4")

        page = text(visitor(buyer).get("/wallet"))

        # opened less than a day ago: 4.00 a day, 21.00 are left
        assert re.search(r'A day costs.*?value="4\.0+"', page, re.DOTALL)
        assert re.search(r"Days left.*?>\s*5\s*<", page, re.DOTALL)

    def test_links_each_movement_to_its_cause(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, team=buyer)
        top_up = pay(stripe_processor, wallet, "25", card)

        assert f'href="/wallet/top-ups/{top_up.pk}">Top-up, Visa •••• 4242</a>' in text(visitor(buyer).get("/wallet"))

    def test_shows_payments_under_way(self, buyer, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME, team=buyer)
        pay(stripe_processor, wallet, "25", card)

        assert "A payment is under way" in text(visitor(buyer).get("/wallet"))
