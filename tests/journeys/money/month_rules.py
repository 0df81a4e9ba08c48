"""What comes with time: months closed, fees, disputes, invoices of the seller and payouts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.payouts import services as payouts
from billing.payouts.models import Payout
from billing.payouts.services import errors
from billing.rating.models import Charge
from billing.statements import services as statements
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Subscription
from billing.wallets.models import Wallet
from domain import plans
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Side
from tests.journeys.money.card_rules import WHICH
from tests.journeys.money.plain_books import (
    GRACE,
    UNPAID_GRACE,
    ZERO,
    Plan,
    Purse,
    Quota,
    after,
    cents,
    end_of,
    exact,
    month_of,
)
from tests.journeys.money.world import FEE, QUOTA, ZONES, World


class MonthRules(World):
    """Closing, moving, subscriptions, disputes, the seller."""

    def __init__(self) -> None:
        super().__init__()
        self.subscriptions: dict[int, Subscription] = {}

    @rule(hours=st.sampled_from([1, 20, 100, 400]))
    def wait(self, hours: int) -> None:
        self.later(hours)

    @rule(which=WHICH, zone=st.sampled_from([*ZONES, "UTC", "Pacific/Auckland"]))
    def move(self, which: int, zone: str) -> None:
        """A team changes its time zone: from the next month on."""
        wallet, _ = self.wallet(which)
        wallet.team.timezone = zone
        wallet.team.save(update_fields=["timezone"])

    @rule(which=WHICH)
    def close(self, which: int) -> None:
        wallet, purse = self.wallet(which)
        expected = {}
        while self.now >= end_of(purse.open_month, purse.zone) + GRACE:
            month = purse.open_month
            used = purse.usage.pop(month, ZERO)
            expected[month] = used - self._off_statement(purse, month, used)
            purse.settled -= expected[month]
            self.revenue += expected[month]
            purse.open_month, purse.is_closed_once, purse.zone = after(month), True, wallet.team.timezone
            purse.shrink()
        made = statements.close_due(wallet=Wallet.objects.get(pk=wallet.pk), now=self.now)
        assert {each.period: each.usage for each in made} == {
            month: usage for month, usage in expected.items() if usage or month in {each.period for each in made}
        }

    @rule(which=WHICH)
    def subscribe(self, which: int) -> None:
        wallet, purse = self.wallet(which)
        if purse.plan and purse.plan.status != "ended":
            return
        asked = {"team": wallet.team, "service_id": self.service.pk, "plan": self.plan, "now": self.now}
        if purse.spendable < FEE:
            with pytest.raises(subscriptions.FeeUnaffordable):
                subscriptions.subscribe(enrollment_id=self.enrollments[which % 2], **asked)
            return
        self.subscriptions[which % 2] = subscriptions.subscribe(enrollment_id=self.enrollments[which % 2], **asked)
        zone = wallet.team.timezone
        purse.plan = Plan(self.now, zone, plans.boundary(self.now, zone, 1))
        self._take_fee(purse, self.now, purse.plan.ends_at)

    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        if which % 2 in self.subscriptions:
            subscriptions.renew(subscription_id=self.subscriptions[which % 2].pk, now=self.now)
            wallet, purse = self.wallet(which)
            self._renew(purse, wallet.team.timezone)

    @rule(which=WHICH, is_undone=st.booleans())
    def cancel(self, which: int, is_undone: bool) -> None:
        _, purse = self.wallet(which)
        plan = purse.plan
        if plan is None or plan.status == "ended":
            return
        subscriptions.cancel(subscription_id=self.subscriptions[which % 2].pk, now=self.now)
        if plan.status != "active" or plan.ends_at <= self.now:
            plan.status = "ended"
        elif is_undone:
            subscriptions.undo_cancel(subscription_id=self.subscriptions[which % 2].pk, now=self.now)
            plan.cancels = False
        else:
            plan.cancels = True

    @rule(which=WHICH, part=st.integers(1, 3))
    def give_credit_for_a_call(self, which: int, part: int) -> None:
        open_ones = [
            (pk, each)
            for pk, each in self.charges.items()
            if each.amount > each.given_back and each.at > self.now - timedelta(days=60)
        ]
        for pk, charged in self.one(open_ones, which):
            charge = Charge.objects.get(pk=pk)
            dispute = disputes.open(team=charge.team, charge=charge, text="Why?", by=None, now=self.now)
            amount = exact((charged.amount - charged.given_back) / part)
            if not amount:
                disputes.reject(dispute=dispute, text="No", by=self.operator, now=self.now)
                return
            disputes.resolve(
                dispute=dispute, amount=amount, side=Side.OPERATOR, text="", by=self.operator, now=self.now
            )
            charged.given_back += amount
            next(purse for purse in self.purses if purse.id == charged.wallet).move(amount)
            self.revenue -= amount
            self.seller.give_back(charged.month, amount, self.now)

    @rule()
    def invoice(self) -> None:
        expected = self.seller.invoice(self.now, self.purses, list(self.charges.values()))
        made = payouts.generate_due(seller=self.seller_team, currency="USD", now=self.now)
        assert [(each.period, each.earned) for each in made] == [(each.month, each.earned) for each in expected]

    @rule(is_refused=st.booleans())
    def pay_out(self, is_refused: bool) -> None:
        payouts.advance(seller=self.seller_team, now=self.now)
        self.seller.advance(self.now)
        asked = {"seller": self.seller_team, "currency": "USD", "origin": "demand", "by": None, "now": self.now}
        if cents(self.seller.owed) < 10:
            with pytest.raises((errors.BalanceNegative, errors.BalanceTooSmall)):
                payouts.request(**asked)
            return
        payout = payouts.request(**asked)
        assert payout.amount == cents(self.seller.owed)
        self.processor.refuses = is_refused
        payouts.send(payout_id=payout.pk, processor=self.processor, now=self.now)
        if not is_refused:
            self.seller.owed -= payout.amount
            self.clearing -= payout.amount

    @rule(which=WHICH, is_refused=st.booleans())
    def take_payout_back(self, which: int, is_refused: bool) -> None:
        for payout in self.one(list(Payout.objects.filter(state="sent").order_by("requested_at", "pk")), which):
            payouts.take_back(payout_id=payout.pk, by=None, now=self.now)
            self.processor.refuses = is_refused
            payouts.settle_reversal(payout_id=payout.pk, processor=self.processor, now=self.now)
            if not is_refused:
                self.seller.owed += payout.amount
                self.clearing += payout.amount

    def _off_statement(self, purse: Purse, month: object, used: Decimal) -> Decimal:
        last_moment = end_of(purse.open_month, purse.zone) - timedelta(microseconds=1)
        running = used
        for _, each, _ in self.promotions:
            if running and each.on_statement and each.holds(last_moment, purse.id):
                off = each.takes(running)
                running -= off
                self.seller.off_statements[purse.open_month] += ZERO if each.by_platform else off
        return used - running

    def _take_fee(self, purse: Purse, starts_at: object, ends_at: object) -> None:
        purse.move(-FEE, is_fee=True)
        purse.quotas.append(Quota(starts_at, ends_at, QUOTA))  # type: ignore[arg-type]
        self.revenue += FEE
        self.seller.fees[month_of(self.now)] += FEE

    def _renew(self, purse: Purse, zone: str) -> None:
        plan = purse.plan
        assert plan is not None
        if plan.status == "past_due" and plan.grace_ends_at and plan.grace_ends_at <= self.now:
            plan.status = "suspended"
        if plan.status == "suspended":
            if purse.spendable >= FEE:
                purse.plan = Plan(self.now, zone, plans.boundary(self.now, zone, 1), cancels=plan.cancels)
                self._take_fee(purse, self.now, purse.plan.ends_at)
            return
        while plan.status in ("active", "past_due") and plan.ends_at <= self.now:
            if plan.cancels:
                plan.status = "ended"
            elif purse.spendable >= FEE:
                starts_at, plan.ends_at = plan.ends_at, plans.boundary(plan.anchored_at, plan.zone, plan.months + 2)
                plan.months, plan.status = plan.months + 1, "active"
                self._take_fee(purse, starts_at, plan.ends_at)
            else:
                if plan.status == "active":
                    plan.status, plan.grace_ends_at = "past_due", self.now + UNPAID_GRACE
                return
