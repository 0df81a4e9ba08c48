"""What people see: pages that work as plain forms, over HTTP."""

from __future__ import annotations

import re

import pytest
import requests

from tests.fakes.html_form import parsed, posts

BACK = "https://market.example/back"


class Visitor:
    """A browser without scripts that stays on the fake's pages; `went`: where it was sent to last."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._session = requests.Session()

    def open(self, url: str) -> str:
        return self._follow(self._session.get(url, allow_redirects=False, timeout=5))

    def post(self, **given: str) -> str:
        return self._follow(self._session.post(self.at, data=given, allow_redirects=False, timeout=5))

    def _follow(self, answer: requests.Response) -> str:
        self.at, self.status, self.html, self.went = answer.url, answer.status_code, answer.text, ""
        self.headers = answer.headers
        if "Location" in answer.headers:
            self.went = requests.compat.urljoin(answer.url, answer.headers["Location"])
            if self.went.startswith(self._root):
                return self.open(self.went)
        return self.html


@pytest.fixture
def visitor(stripe):
    return Visitor(stripe.url)


@pytest.fixture
def customer(client):
    return client.v1.customers.create({"name": "<b>Ada</b>", "email": "ada@example.com"}).id


@pytest.fixture
def checkout(client, customer):
    return client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "customer": customer,
            "line_items": [
                {"price_data": {"currency": "usd", "unit_amount": 2550, "product_data": {"name": "<i>Top-up</i>"}}}
            ],
            "payment_intent_data": {"setup_future_usage": "off_session"},
            "success_url": BACK + "?s={CHECKOUT_SESSION_ID}",
            "cancel_url": BACK,
        }
    )


def said(html: str) -> str:
    """Return the text of an alert."""
    found = re.search(r'role="alert">([^<]*)<', html)
    return found.group(1) if found else ""


class TestEveryPage:
    def test_says_that_it_pretends(self, stripe, client, visitor, checkout, customer):
        portal = client.v1.billing_portal.sessions.create({"customer": customer, "return_url": BACK})

        for url in (f"{stripe.url}/", checkout.url, portal.url, f"{stripe.url}/nothing"):
            assert "This is not Stripe" in visitor.open(url)
            assert "default-src 'none'" in visitor.headers["Content-Security-Policy"]
            assert "<script" not in visitor.html

    def test_labels_its_fields(self, visitor, checkout):
        html = visitor.open(checkout.url)

        labelled = set(re.findall(r'<label for="(\w+)"', html))
        assert {control.name for control in parsed(html).controls} == labelled == {"number", "expiry", "cvc"}


class TestCheckout:
    def test_shows_the_amount_and_nothing_unescaped(self, visitor, checkout):
        html = visitor.open(checkout.url)

        assert "Pay 25.50 USD" in html
        assert "<i>" not in html

    def test_pays_with_the_form_as_it_is(self, stripe, visitor, checkout):
        form = posts(visitor.open(checkout.url), ("act", "pay"))
        visitor.post(**{name: values[0] for name, values in form.items()})

        assert visitor.went == f"{BACK}?s={checkout.id}"
        assert stripe.objects("payment_intent")[0]["status"] == "succeeded"
        assert "used already" in visitor.open(checkout.url)

    def test_says_why_a_card_was_declined_and_takes_another(self, stripe, visitor, checkout):
        visitor.open(checkout.url)
        html = visitor.post(act="pay", number="4000 0000 0000 9995", expiry="12/34", cvc="1")
        assert (visitor.status, said(html)) == (402, "Your card has insufficient funds.")

        visitor.post(act="pay", number="4242 4242 4242 4242", expiry="12/34", cvc="1")

        assert visitor.went.startswith(BACK)
        assert len(stripe.objects("payment_intent")) == 1

    @pytest.mark.parametrize("number", ["4111 1111 1111 1111", "", '"><script>', "5" * 100])
    def test_takes_no_number_but_the_magic_ones(self, stripe, visitor, checkout, number):
        visitor.open(checkout.url)
        html = visitor.post(act="pay", number=number, expiry="12/34", cvc="1")

        assert said(html).startswith("Only the test numbers")
        assert "<script" not in html
        assert stripe.objects("payment_intent") == []

    @pytest.mark.parametrize(("answer", "goes"), [("yes", BACK), ("no", "/checkout/")])
    def test_asks_the_bank(self, stripe, visitor, checkout, answer, goes):
        visitor.open(checkout.url)
        assert "Your bank asks" in visitor.post(act="pay", number="4000002760003184", expiry="12/34", cvc="1")

        html = visitor.post(act=answer)

        assert goes in (visitor.went or visitor.at)
        assert bool(said(html)) is (answer == "no")


class TestThePortal:
    def test_adds_removes_and_chooses_cards(self, stripe, client, visitor, customer):
        visitor.open(client.v1.billing_portal.sessions.create({"customer": customer, "return_url": BACK}).url)
        assert "<b>" not in visitor.html
        for number in ("4242424242424242", "5555555555554444"):
            visitor.post(act="add", number=number, expiry="11 / 31", cvc="1")
        first, second = stripe.objects("payment_method")
        assert (first["card"]["exp_month"], first["card"]["exp_year"]) == (11, 2031)

        visitor.post(act="default", card=second["id"])
        visitor.post(act="remove", card=first["id"])

        assert stripe.object(customer)["invoice_settings"]["default_payment_method"] == second["id"]
        assert [row["id"] for row in stripe.objects("payment_method") if row["customer"]] == [second["id"]]
        assert "4444" in visitor.html
        assert "4242" not in visitor.html.partition("Add a card")[0]

    def test_changes_no_card_of_somebody_else(self, stripe, client, visitor, customer):
        other = stripe.add_card(client.v1.customers.create().id)
        visitor.open(client.v1.billing_portal.sessions.create({"customer": customer}).url)

        visitor.post(act="remove", card=other)

        assert said(visitor.html).startswith("No such PaymentMethod")
        assert stripe.object(other)["customer"] is not None


class TestOnboarding:
    def test_can_be_left_for_later(self, stripe, client, visitor):
        account = client.v1.accounts.create({"country": "DE", "capabilities": {"transfers": {"requested": True}}})
        link = client.v1.account_links.create(
            {"account": account.id, "type": "account_onboarding", "return_url": BACK, "refresh_url": f"{BACK}/again"}
        )
        visitor.open(link.url)
        visitor.post(act="later")

        assert visitor.went == BACK
        assert stripe.object(account.id)["payouts_enabled"] is False
        visitor.open(link.url)
        assert visitor.went == f"{BACK}/again"


class TestTheOverview:
    def test_lets_banks_act(self, stripe, client, visitor):
        paid = client.v1.payment_intents.create(
            {"amount": 2500, "currency": "usd", "payment_method": "pm_card_pendingRefund", "confirm": True}
        )
        refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
        account = client.v1.accounts.create({"capabilities": {"transfers": {"requested": True}}})
        visitor.open(f"{stripe.url}/")
        assert "25.00 USD" in visitor.html

        for act, id in (("refund_settles", refund.id), ("refund_fails", refund.id), ("complete", account.id)):
            visitor.post(act=act, id=id)
        visitor.post(act="dispute", id=paid.id)
        (dispute,) = stripe.objects("dispute")
        visitor.post(act="lose", id=dispute["id"])
        visitor.post(act="fund")

        assert stripe.object(refund.id)["status"] == "failed"
        assert stripe.object(account.id)["payouts_enabled"] is True
        assert stripe.object(dispute["id"])["status"] == "lost"
        visitor.post(act="restrict", id=account.id)
        assert stripe.object(account.id)["payouts_enabled"] is False
        # 25 less its fee of 1.03, charged back with a fee of 15, and the thousand
        assert stripe.balance() == -103 - 1500 + 100_000

    @pytest.mark.parametrize("given", [{}, {"act": "win", "id": "nothing"}, {"act": "dispute", "id": "acct_1"}])
    def test_does_nothing_that_makes_no_sense(self, stripe, visitor, given):
        visitor.open(f"{stripe.url}/")
        visitor.post(**given)

        assert (visitor.status, stripe.events()) == (200, [])
