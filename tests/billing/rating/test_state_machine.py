"""Whatever happens in whatever order, the books say what a plain model of them says, and the verifier finds nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from billing.rating import services as rating
from billing.rating import verification
from billing.rating.models import Charge, UsageInbox
from billing.wallets import services as wallets
from billing.wallets.models import Lease, Wallet
from domain.usage import UsageEvent
from tests.factories.billing import NOON, Process, funded_wallet, price_version, ship, usage_event, usd

amounts = st.sampled_from([Decimal(text) for text in ("0.000000000001", "0.333333333333", "1.25", "3", "7")])


@dataclass
class Loan:
    """A lease as the model sees it. left: what its process may still carve out."""

    process: Process
    amount: Decimal
    left: Decimal
    state: str = "open"


@dataclass
class Model:
    """The books, without any database."""

    settled: Decimal = Decimal(0)
    usage: Decimal = Decimal(0)
    limit: Decimal = Decimal(0)
    loans: dict[UUID, Loan] = field(default_factory=dict)
    charged: dict[str, Decimal] = field(default_factory=dict)

    @property
    def held(self) -> Decimal:
        return sum((loan.amount for loan in self.loans.values()), Decimal(0))

    @property
    def spendable(self) -> Decimal:
        return self.settled - self.usage - self.held + self.limit

    def settle(self, event: UsageEvent) -> None:
        if event.event_id in self.charged:
            return
        due = min(Decimal(event.usage["output_tokens"]), event.hold)
        loan = self.loans.get(UUID(event.lease_id))
        charged = min(due, loan.amount) if loan else min(due, self.spendable)
        if loan:
            loan.amount -= charged
        self.usage += charged
        self.charged[event.event_id] = charged


class Books(RuleBasedStateMachine):
    """One wallet, two gateways that crash and come back, events that come late, twice, and after their lease."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.wallet, self.price = funded_wallet("20"), price_version()
        self.model = Model(settled=Decimal(20))
        self.processes = [Process("gateway-1"), Process("gateway-2")]
        self.spools: dict[str, list[UsageEvent]] = {"gateway-1": [], "gateway-2": []}
        self.inbox: dict[str, UsageEvent] = {}
        self.sent: list[UsageEvent] = []
        self.numbers = count(1)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(amount=amounts, key=st.integers(0, 30))
    def credit(self, amount: Decimal, key: int) -> None:
        amount = Decimal(key + 1) / 4 if key < 10 else amount  # a low key comes back with the same amount: a retry
        before = self.wallet_row().seq
        key = f"key-{key}" if key < 10 else str(uuid4())
        wallets.credit(wallet=self.wallet, amount=usd(amount), kind="grant", key=key, note="", by=None, now=NOON)
        if self.wallet_row().seq > before:
            self.model.settled += amount

    @rule(limit=st.sampled_from(["0", "1.5", "10"]))
    def lend(self, limit: str) -> None:
        try:
            wallets.set_credit_limit(wallet=self.wallet, limit=usd(limit))
        except wallets.MoneyInUse:
            assert self.model.spendable < self.model.limit - Decimal(limit)
        else:
            self.model.limit = Decimal(limit)

    @rule(which=st.integers(0, 1), minimum=amounts, more=st.sampled_from(["0", "4"]), again=st.booleans())
    def draw(self, which: int, minimum: Decimal, more: str, again: bool) -> None:
        process, wanted = self.processes[which], minimum + Decimal(more)
        mine = [pk for pk, loan in self.model.loans.items() if loan.process is process and loan.state == "open"]
        expected = min(wanted, self.model.spendable)
        lease, granted, spendable = process.draw(
            self.wallet, str(wanted), minimum=str(minimum), lease=mine[0] if mine and again else None
        )
        assert granted == (expected if expected >= minimum else 0)
        if granted:
            loan = self.model.loans.setdefault(lease, Loan(process, Decimal(0), Decimal(0)))
            loan.amount += granted
            loan.left += granted
        assert spendable == self.model.spendable

    @rule(
        data=st.data(),
        part=st.integers(1, 4),
        tokens=st.integers(0, 6),
        is_honest=st.booleans(),
        is_sent=st.booleans(),
    )
    def call(self, data: st.DataObject, part: int, tokens: int, is_honest: bool, is_sent: bool) -> None:
        """Make a call with a part of the lease as its hold; or with one that the lease never had."""
        if not self.open_loans():
            self.draw(which=0, minimum=Decimal(0), more="4", again=False)
        if not self.open_loans():
            return
        lease, loan = data.draw(st.sampled_from(self.open_loans()))
        hold = (loan.left / part).quantize(Decimal("0.000000000001"), rounding="ROUND_DOWN")
        hold = hold if is_honest else hold + 3
        event = usage_event(
            self.wallet,
            self.price,
            event_id=UUID(int=next(self.numbers)),
            lease_id=lease,
            hold=hold,
            usage={"output_tokens": tokens},
            gateway_id=loan.process.gateway_id,
        )
        loan.left -= min(Decimal(tokens), hold, loan.left)
        self.spools[loan.process.gateway_id].append(event)
        if is_sent:
            self.send(loan.process.gateway_id)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        self.put([data.draw(st.sampled_from(self.sent))])

    @precondition(lambda self: self.inbox)
    @rule(limit=st.integers(1, 5))
    def settle(self, limit: int) -> None:
        for event_id in sorted(self.inbox)[:limit]:
            self.model.settle(self.inbox.pop(event_id))
        rating.settle(limit=limit)

    @precondition(lambda self: self.open_loans())
    @rule(data=st.data(), part=st.integers(1, 3))
    def give_back(self, data: st.DataObject, part: int) -> None:
        lease, loan = data.draw(st.sampled_from(self.open_loans()))
        amount = (loan.left / part).quantize(Decimal("0.000000000001"), rounding="ROUND_DOWN")
        if not amount:
            return
        if amount > loan.amount:  # a dishonest call has eaten it up
            with pytest.raises(DatabaseError), transaction.atomic():
                loan.process.give_back(lease, amount)
            return
        loan.process.give_back(lease, amount)
        loan.amount -= amount
        loan.left -= amount

    @precondition(lambda self: self.open_loans())
    @rule(data=st.data())
    def crash_and_come_back(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.open_loans()))[1].process
        self.processes[self.processes.index(old)] = new = Process(old.gateway_id)
        self.send(old.gateway_id)
        new.retire_earlier()
        for loan in self.model.loans.values():
            if loan.process is old:
                loan.state = "retired"

    @precondition(lambda self: self.model.loans)
    @rule(expired=st.booleans())
    def end_leases(self, expired: bool) -> None:
        if expired:
            Lease.objects.filter(state="open").update(expires_at="2020-01-01T00:00Z")
        rating.end_leases(grace_seconds=0)
        waiting = {event.lease_id for event in self.inbox.values()}
        for lease, loan in list(self.model.loans.items()):
            if (loan.state == "retired" or expired) and str(lease) not in waiting:
                del self.model.loans[lease]

    @invariant()
    def agrees_with_the_model(self) -> None:
        wallet, model = self.wallet_row(), self.model
        assert (wallet.settled, wallet.usage, wallet.held) == (model.settled, model.usage, model.held)
        assert wallet.spendable == model.spendable >= 0
        assert {str(pk): paid for pk, paid in Charge.objects.values_list("pk", "charged")} == model.charged

    @invariant()
    def holds(self) -> None:
        assert verification.verify() == []

    def open_loans(self) -> list[tuple[UUID, Loan]]:
        return [(pk, loan) for pk, loan in self.model.loans.items() if loan.state == "open"]

    def wallet_row(self) -> Wallet:
        return Wallet.objects.get(pk=self.wallet.pk)

    def send(self, gateway_id: str) -> None:
        events, self.spools[gateway_id] = self.spools[gateway_id], []
        self.sent += events
        self.put(events)

    def put(self, events: list[UsageEvent]) -> None:
        if events:
            ship(*events)
        self.inbox.update({event.event_id: event for event in events})
        assert UsageInbox.objects.count() == len(self.inbox)


@pytest.mark.django_db
class TestBooks:
    def test_agree_with_a_model_whatever_happens(self):
        run_state_machine_as_test(
            Books,
            settings=settings(
                max_examples=30,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
