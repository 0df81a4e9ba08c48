"""Whatever happens in whatever order, the books say what a plain model of them says, and the verifier finds nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from itertools import count
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from billing.rating import services as rating
from billing.rating import verification
from billing.rating.models import Charge, UsageInbox, UsageQuarantine
from billing.wallets import services as wallets
from billing.wallets.models import Lease, Wallet
from domain.money import QUANTUM
from domain.usage import UsageEvent
from tests.factories.billing import NOON, Process, funded_wallet, price_version, ship, usage_event, usd

ZERO = Decimal(0)
AMOUNTS = [Decimal(text) for text in ("0.000000000001", "0.333333333333", "1.25", "3", "7")]
LIMITS = [ZERO, Decimal("1.5"), Decimal(10)]


@dataclass
class Loan:
    """A lease as the model sees it. left: what its process may still carve out."""

    process: Process
    amount: Decimal = ZERO
    left: Decimal = ZERO
    state: str = "open"
    is_expired: bool = False


@dataclass
class Model:
    """The books, without any database."""

    settled: Decimal = ZERO
    usage: Decimal = ZERO
    limit: Decimal = ZERO
    loans: dict[UUID, Loan] = field(default_factory=dict)
    charged: dict[str, Decimal] = field(default_factory=dict)

    @property
    def held(self) -> Decimal:
        return sum((loan.amount for loan in self.loans.values()), ZERO)

    @property
    def spendable(self) -> Decimal:
        return self.settled - self.usage - self.held + self.limit

    def settle(self, event: UsageEvent) -> None:
        if event.event_id in self.charged:
            return
        due = min(Decimal(event.usage["output_tokens"]), event.hold)
        loan = self.loans.get(UUID(event.lease_id))
        if loan and loan.state in ("open", "retired"):
            charged = min(due, loan.amount)
            loan.amount -= charged
        else:
            charged = min(due, self.spendable)
        self.usage += charged
        self.charged[event.event_id] = charged


class Books(RuleBasedStateMachine):
    """One wallet, two gateways that crash and come back, events that come late, twice, and after their lease.

    What does not apply at the moment does nothing. `which` chooses among what there is.
    """

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

    @rule(amount=st.sampled_from(AMOUNTS), is_retry=st.booleans())
    def credit(self, amount: Decimal, is_retry: bool) -> None:
        key = f"credit of {amount}" if is_retry else str(uuid4())
        before = self.wallet_row().seq
        wallets.credit(wallet=self.wallet, amount=usd(amount), kind="grant", key=key, note="", by=None, now=NOON)
        if self.wallet_row().seq > before:
            self.model.settled += amount

    @rule(limit=st.sampled_from(LIMITS))
    def lend(self, limit: Decimal) -> None:
        try:
            wallets.set_credit_limit(wallet=self.wallet, limit=usd(limit))
        except wallets.MoneyInUse:
            assert self.model.spendable < self.model.limit - limit
        else:
            self.model.limit = limit

    @rule(which=st.integers(0, 1), minimum=st.sampled_from(AMOUNTS), more=st.booleans(), is_new=st.booleans())
    def draw(self, which: int, minimum: Decimal, more: bool, is_new: bool) -> None:
        process, wanted = self.processes[which], minimum + 4 * more
        mine = [pk for pk, loan in self.model.loans.items() if loan.process is process and loan.state != "retired"]
        expected = min(wanted, self.model.spendable)

        lease, granted, spendable = process.draw(
            self.wallet, str(wanted), minimum=str(minimum), lease=None if is_new or not mine else mine[0]
        )

        assert granted == (expected if expected >= minimum else 0)
        if granted:
            loan = self.model.loans.setdefault(lease, Loan(process))
            loan.state, loan.is_expired = "open", False
            loan.amount += granted
            loan.left += granted
        assert spendable == self.model.spendable

    @rule(
        which=st.integers(0, 9),
        part=st.integers(1, 4),
        tokens=st.integers(0, 6),
        is_honest=st.booleans(),
        is_sent=st.booleans(),
    )
    def call(self, which: int, part: int, tokens: int, is_honest: bool, is_sent: bool) -> None:
        """Make a call with a part of a lease as its hold; or, not honest, with more than the lease ever had."""
        if not self.open_loans():
            self.draw(which=which % 2, minimum=QUANTUM, more=True, is_new=True)
        for lease, loan in self.one_open_loan(which):
            hold = (loan.left / part).quantize(QUANTUM, rounding=ROUND_DOWN) + (0 if is_honest else 3)
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

    @rule(which=st.integers(0, 9))
    def send_again(self, which: int) -> None:
        if self.sent:
            self.put([self.sent[-1 - which % len(self.sent)]])

    @rule(limit=st.integers(1, 5))
    def settle(self, limit: int) -> None:
        for event_id in sorted(self.inbox)[:limit]:
            self.model.settle(self.inbox.pop(event_id))
        rating.settle(limit=limit)

    @rule(which=st.integers(0, 9), part=st.integers(1, 3))
    def give_back(self, which: int, part: int) -> None:
        for lease, loan in self.one_open_loan(which):
            amount = (loan.left / part).quantize(QUANTUM, rounding=ROUND_DOWN)
            if not 0 < amount <= loan.amount:  # a dishonest call has eaten up what seems to be left
                with pytest.raises(DatabaseError), transaction.atomic():
                    loan.process.give_back(lease, amount)
                return
            loan.process.give_back(lease, amount)
            loan.amount -= amount
            loan.left -= amount
            loan.state = "open" if loan.amount else "closed"

    @rule(which=st.integers(0, 1))
    def crash_and_come_back(self, which: int) -> None:
        old = self.processes[which]
        self.processes[which] = new = Process(old.gateway_id)
        self.send(old.gateway_id)
        new.retire_earlier()
        for _, loan in self.open_loans():
            if loan.process is old:
                loan.state = "retired"

    @rule(expires=st.booleans())
    def end_leases(self, expires: bool) -> None:
        if expires:
            Lease.objects.filter(state="open").update(expires_at="2020-01-01T00:00Z")
            for _, loan in self.open_loans():
                loan.is_expired = True
        rating.end_leases(grace_seconds=0)
        waiting = {event.lease_id for event in self.inbox.values()}
        for lease, loan in list(self.model.loans.items()):
            ends = loan.state == "retired" or (loan.state == "open" and loan.is_expired)
            if ends and str(lease) not in waiting:
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
        assert not UsageQuarantine.objects.exists()

    def open_loans(self) -> list[tuple[UUID, Loan]]:
        return [(pk, loan) for pk, loan in self.model.loans.items() if loan.state == "open"]

    def one_open_loan(self, which: int) -> list[tuple[UUID, Loan]]:
        found = self.open_loans()
        return [found[which % len(found)]] if found else []

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


def random_day(books: Books, seed: int, steps: int) -> None:
    """Take steps in the proportions of an ordinary day: mostly calls and settling. A seed is always the same day."""
    chance = random.Random(seed)
    what_happens = {
        "call": (40, lambda: books.call(r(10), 1 + r(4), r(7), r(4) > 0, r(3) > 0)),
        "settle": (20, lambda: books.settle(1 + r(5))),
        "draw": (12, lambda: books.draw(r(2), chance.choice(AMOUNTS), r(2) > 0, r(2) > 0)),
        "give back": (8, lambda: books.give_back(r(10), 1 + r(3))),
        "send again": (6, lambda: books.send_again(r(10))),
        "end leases": (5, lambda: books.end_leases(r(3) == 0)),
        "credit": (4, lambda: books.credit(chance.choice(AMOUNTS), r(2) > 0)),
        "crash": (3, lambda: books.crash_and_come_back(r(2))),
        "lend": (2, lambda: books.lend(chance.choice(LIMITS))),
    }

    def r(end: int) -> int:
        return chance.randrange(end)

    for name in chance.choices(list(what_happens), [weight for weight, _ in what_happens.values()], k=steps):
        what_happens[name][1]()
        books.agrees_with_the_model()
    books.holds()


@pytest.mark.django_db
class TestBooks:
    def test_agree_with_a_model_whatever_happens(self):
        run_state_machine_as_test(
            Books,
            settings=settings(
                max_examples=15,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )

    @pytest.mark.parametrize("seed", range(10))
    def test_agree_with_a_model_through_a_long_day(self, seed):
        books = Books()
        try:
            random_day(books, seed, steps=150)
        finally:
            books.teardown()
