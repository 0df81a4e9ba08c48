"""What happens between a wallet, its cards and their banks; and what operators give."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.ledger.models import Transaction
from billing.payments.models import Chargeback, Refund
from billing.payments.processor import PaymentState
from billing.payments.services import applying, chargebacks, refunds
from billing.wallets import services as wallets
from tests.factories.billing import usd
from tests.factories.payments import start
from tests.journeys.money.plain_books import CENT, ZERO, Paid, cents
from tests.journeys.money.world import World

WHICH = st.integers(0, 99)


class CardRules(World):
    """Top-ups, refunds, chargebacks; grants and their reversal; the credit limit."""

    def __init__(self) -> None:
        super().__init__()
        self.grants: list[tuple[int, Transaction, Decimal]] = []
        self.disputes: list[tuple[int, str, str]] = []

    @rule(which=WHICH, amount=st.sampled_from(["5", "12.34", "60"]), works=st.integers(0, 4))
    def top_up(self, which: int, amount: str, works: int) -> None:
        wallet, purse = self.wallet(which)
        top_up = start(wallet, amount, "pm", now=self.now)
        payment = self.processor.pay(top_up, PaymentState.SUCCEEDED if works else PaymentState.FAILED, self.now)
        for _ in range(1 + which % 2):
            applying.apply_payment(payment=payment, now=self.now)
        if works:
            purse.paid[payment.id] = Paid(self.now, top_up.pk, top_up.amount, top_up.amount)
            purse.move(top_up.amount)
            self.clearing += top_up.amount

    @rule(which=WHICH)
    def hear_of_a_payment_again(self, which: int) -> None:
        for payment in self.one(list(self.processor.payments.values()), which):
            applying.apply_payment(payment=payment, now=self.now)

    @rule(which=WHICH, part=st.integers(1, 3), is_greedy=st.booleans())
    def refund(self, which: int, part: int, is_greedy: bool) -> None:
        wallet, purse = self.wallet(which)
        most = purse.refundable
        if is_greedy or not cents(most / part):
            with pytest.raises(refunds.NotRefundable):
                refunds.request(wallet=wallet, amount=usd(most + CENT), request_key=uuid4(), by=None, now=self.now)
            return
        left = amount = cents(most / part)
        made = refunds.request(wallet=wallet, amount=usd(amount), request_key=uuid4(), by=None, now=self.now)
        newest_first = sorted(purse.paid.values(), key=lambda paid: (paid.at, paid.id), reverse=True)
        expected = []
        for paid in newest_first:
            if left and (taken := min(left, max(paid.left, ZERO))):
                expected.append((paid.id, taken))
                paid.left -= taken
                left -= taken
                purse.move(-taken)
        assert [(each.top_up_id, each.amount) for each in made] == expected
        self.clearing -= amount
        self.refunds |= {str(each.pk): (each, "pending") for each in made}

    @rule(which=WHICH, state=st.sampled_from(["succeeded", "failed", "pending"]))
    def hear_of_a_refund(self, which: int, state: str) -> None:
        for refund, known in self.one(list(self.refunds.values()), which):
            seen = self.processor.send_back(refund, state, self.now)
            refunds.apply_refund(refund=seen, now=self.now)
            if state == "failed" != known:
                purse = next(each for each in self.purses if each.id == refund.top_up.wallet_id)
                purse.paid[refund.top_up.payment_id or ""].left += refund.amount
                purse.move(refund.amount)
                self.clearing += refund.amount
            is_news = known == "pending" or state == "failed"
            self.refunds[str(refund.pk)] = (Refund.objects.get(pk=refund.pk), state if is_news else known)

    @rule(which=WHICH)
    def charge_back(self, which: int) -> None:
        _, purse = self.wallet(which)
        taken = {payment for _, payment, _ in self.disputes}
        for payment_id, paid in self.one([each for each in purse.paid.items() if each[0] not in taken], which):
            dispute = self.processor.take_back(payment_id, self.now)
            for _ in range(2):
                chargebacks.apply_dispute(dispute=dispute, now=self.now)
            purse.overdrawn = max(paid.amount - purse.spendable, ZERO)
            purse.move(-paid.amount)
            paid.left -= paid.amount
            self.clearing -= paid.amount
            self.disputes.append((which % 2, payment_id, dispute.id))

    @rule(which=WHICH, is_won=st.booleans())
    def decide_chargeback(self, which: int, is_won: bool) -> None:
        undecided = set(Chargeback.objects.filter(state="open").values_list("dispute_id", flat=True))
        for index, payment_id, dispute_id in self.one([each for each in self.disputes if each[2] in undecided], which):
            _, purse = self.wallet(index)
            seen = self.processor.take_back(payment_id, self.now)
            decided = type(seen)(dispute_id, payment_id, "won" if is_won else "lost", seen.amount, "", self.now)
            chargebacks.apply_dispute(dispute=decided, now=self.now)
            if is_won:
                paid = purse.paid[payment_id]
                paid.left += paid.amount
                purse.move(paid.amount)
                self.clearing += paid.amount

    @rule(which=WHICH, amount=st.sampled_from(["0.000000000001", "0.333333333333", "4"]))
    def grant(self, which: int, amount: str) -> None:
        wallet, purse = self.wallet(which)
        given = wallets.credit(
            wallet=wallet, amount=usd(amount), kind="grant", key=str(uuid4()), note="", by=None, now=self.now
        )
        purse.move(Decimal(amount), is_grant=True)
        self.grants.append((which % 2, given, Decimal(amount)))

    @rule(which=WHICH)
    def reverse_grant(self, which: int) -> None:
        for found in self.one(self.grants, which):
            index, given, amount = found
            wallet, purse = self.wallet(index)
            if purse.spendable < amount:
                with pytest.raises(wallets.MoneyInUse):
                    wallets.reverse(wallet=wallet, original=given, note="", by=None, now=self.now)
                return
            wallets.reverse(wallet=wallet, original=given, note="", by=None, now=self.now)
            self.grants.remove(found)
            purse.move(-amount, is_grant=True)

    @rule(which=WHICH, limit=st.sampled_from(["0", "2.5", "10"]))
    def lend(self, which: int, limit: str) -> None:
        wallet, purse = self.wallet(which)
        wanted = Decimal(limit)
        if wanted < min(purse.limit, purse.limit - purse.spendable):
            with pytest.raises(wallets.MoneyInUse):
                wallets.set_credit_limit(wallet=wallet, limit=usd(wanted))
            return
        wallets.set_credit_limit(wallet=wallet, limit=usd(wanted))
        purse.limit = wanted
        purse.shrink()
