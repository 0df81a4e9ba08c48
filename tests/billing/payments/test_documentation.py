"""The worked numbers of docs/algorithms/top-ups.md are what the services do."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, TransactionKind
from billing.payments import queries
from billing.payments.models import AutoTopUp, TopUp
from billing.payments.services import attention, automatic, reconciling
from billing.wallets import remainders
from billing.wallets import services as wallets
from common import jobs
from tests.factories.billing import NOON, funded_wallet, usd
from tests.factories.payments import now_in, pay, spend, wallet_with_card

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "top-ups.md"


def rows(first: str) -> list[tuple[str, ...]]:
    """Return the rows of the table whose first heading is `first`."""
    table = re.search(rf"(?m)^\| {first} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE.read_text())
    assert table, first
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table[1].splitlines()]


class TestAutomaticTopUps:
    def test_are_worked_out(self):
        assert len(rows("available")) == 8

    @pytest.mark.parametrize(("available", "charged", "amount"), rows("available"))
    def test_charge_what_the_page_says(self, available, charged, amount):
        wallet = funded_wallet("100", credit_limit="10")
        AutoTopUp.objects.create(
            wallet=wallet, is_enabled=True, threshold=5, target=25, monthly_ceiling=40, card_id="pm_1"
        )
        spend(wallet, str(100 - Decimal(available)))
        if Decimal(charged):
            before = TopUp.objects.create(
                wallet=wallet, kind="automatic", amount=Decimal(charged), started_at=NOON, changed_at=NOON
            )
            booked(before)

        found = automatic.open_if_due(wallet=now_in(wallet), now=NOON)

        assert (f"{found.amount:.2f}" if found else "none") == amount


def booked(top_up: TopUp) -> None:
    """Let a top-up be paid, and the money be gone again, so that the wallet is as before."""
    brought = wallets.deposit(
        wallet=top_up.wallet,
        amount=usd(top_up.amount),
        source=ledger.account(kind=AccountKind.CARD_CLEARING, currency="USD"),
        kind=TransactionKind.TOP_UP,
        key=str(uuid4()),
        note="",
        by=None,
        now=NOON,
    )
    TopUp.objects.filter(pk=top_up.pk).update(
        state="succeeded", received=top_up.amount, transaction=brought, payment_id=f"pi_{top_up.pk}"
    )
    spend(top_up.wallet, str(top_up.amount))


class TestWarnings:
    def test_come_at_the_amounts_of_the_page(self, monkeypatch):
        worked = r"Worked: ([\d.]+) came in last\. At ([\d.]+) .* at ([\d.]+) .* at ([\d.]+) "
        sentence = re.search(worked, PAGE.read_text())
        came_in, *levels = sentence.groups()
        told: list[str] = []
        monkeypatch.setattr(jobs, "enqueue", lambda name, **facts: told.append(facts["what"]))
        wallet = funded_wallet(came_in)
        attention.review(wallet=wallet, now=NOON)
        for number, level in enumerate(levels):
            above = now_in(wallet).available - Decimal(level) - Decimal("0.01")
            spend(wallet, str(above))
            attention.review(wallet=wallet, now=NOON)
            assert len(told) == number
            spend(wallet, "0.01")
            attention.review(wallet=wallet, now=NOON)
            assert len(told) == number + 1
        attention.review(wallet=wallet, now=NOON)
        assert len(told) == 3

    def test_are_one_when_all_are_passed_at_once_and_begin_anew_with_new_money(self, monkeypatch):
        told: list[str] = []
        monkeypatch.setattr(jobs, "enqueue", lambda name, **facts: told.append(facts["what"]))
        wallet = funded_wallet("50")
        spend(wallet, "50")
        for _ in range(2):
            attention.review(wallet=wallet, now=NOON)
        assert told == ["low_balance"]

        wallets.credit(wallet=wallet, amount=usd("10"), kind="payment", key="x", note="", by=None, now=NOON)
        spend(wallet, "9")
        attention.review(wallet=wallet, now=NOON)
        assert told == ["low_balance"] * 2

    def test_of_ones_own_come_again_after_the_balance_was_above(self, monkeypatch):
        told: list[str] = []
        monkeypatch.setattr(jobs, "enqueue", lambda name, **facts: told.append(facts["what"]))
        wallet = funded_wallet("50")
        attention.warn_below(wallet=wallet, amount=Decimal(30), now=NOON)
        for change, number in (("-20", 1), ("-1", 1), ("5", 1), ("-4", 2)):
            if change.startswith("-"):
                spend(wallet, change[1:])
            else:
                wallets.credit(
                    wallet=wallet, amount=usd(change), kind="payment", key=change, note="", by=None, now=NOON
                )
            attention.review(wallet=wallet, now=NOON)
            assert len(told) == number


class TestRefunds:
    def test_are_possible_up_to_what_the_page_says(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        for step, available, granted, refundable in rows("what happened"):
            amount = step.split()[0]
            if "paid by card" in step:
                pay(stripe_processor, wallet, amount, card)
            elif "spent" in step:
                spend(wallet, amount)
            else:
                kind = "grant" if "granted" in step else "payment"
                wallets.credit(wallet=wallet, amount=usd(amount), kind=kind, key=step, note="", by=None, now=NOON)
            found = now_in(wallet)
            assert found.available == Decimal(available), step
            assert queries.refundable(found).total == Decimal(refundable), step
            assert remainders.granted_now(found) == Decimal(granted), step


class TestChargebacks:
    def test_overdraw_as_the_page_says(self, stripe, stripe_processor):
        text = re.search(r"Worked: (25\.00 were paid, .*?nothing is overdrawn)", PAGE.read_text(), re.DOTALL)[1]
        paid, spent, limit, taken, left, over, more, then_left, then_over, back, end = map(
            Decimal, re.findall(r"-?\d+\.\d\d", text)
        )
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, str(paid), card)
        wallets.set_credit_limit(wallet=wallet, limit=usd(limit))
        spend(wallet, str(spent))

        dispute = stripe.dispute(top_up.payment_id, amount=int(taken * 100))
        reconciling.reconcile(processor=stripe_processor, now=NOON)
        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (left, over)

        wallets.credit(wallet=wallet, amount=usd(more), kind="payment", key="x", note="", by=None, now=NOON)
        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (then_left, then_over)

        stripe.decide_dispute(dispute, won=True)
        reconciling.reconcile(processor=stripe_processor, now=NOON)
        assert (back, now_in(wallet).available, now_in(wallet).overdrawn) == (taken, end, 0)
