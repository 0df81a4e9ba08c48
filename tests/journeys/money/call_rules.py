"""What gateways do: lend money, make calls at what they cost, crash; and the settlement of it all."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing.promotions import services as promotion_services
from billing.promotions.models import PriceRule
from billing.rating import services as rating
from billing.rating.models import Charge, UsageInbox
from billing.wallets.models import Lease
from domain.usage import UsageEvent
from tests.factories.billing import Process, price_version, ship, usage_event
from tests.factories.promotions import promotion
from tests.journeys.money.card_rules import WHICH
from tests.journeys.money.plain_books import QUANTUM, ZERO, Charged, Loan, Promotion, Purse, exact
from tests.journeys.money.world import START, World

KINDS = [({"type": "multiply", "factor": "0.8"}, Decimal("0.8"), ZERO),
         ({"type": "constant", "price": "-0.5"}, None, Decimal("0.5"))]  # fmt: skip


class CallRules(World):
    """Leases, calls, promotions and prices of calls, settlement."""

    @rule(which=WHICH, process=st.integers(0, 1), wanted=st.sampled_from(["0.5", "3", "20"]), is_new=st.booleans())
    def hold(self, which: int, process: int, wanted: str, is_new: bool) -> None:
        (wallet, purse), drawing = self.wallet(which), self.processes[process]
        mine = Lease.objects.filter(
            wallet=wallet, incarnation=drawing.incarnation, state__in=["open", "closed"]
        ).values_list("pk", flat=True)
        own = [pk for pk in mine if pk in purse.loans]
        spendable = purse.spendable
        lease, granted, _ = drawing.draw(wallet, wanted, minimum="0.1", lease=None if is_new or not own else own[0])
        expected = min(Decimal(wanted), spendable)
        assert granted == (expected if expected >= Decimal("0.1") else 0)
        if granted:
            loan = purse.loans.setdefault(lease, Loan(ZERO, ZERO))
            loan.state, loan.has_run_out = "open", False
            loan.amount += granted
            loan.left += granted

    @rule(
        which=WHICH,
        tokens=st.integers(0, 6),
        part=st.integers(1, 3),
        days_ago=st.sampled_from([0, 0, 0, 0, 2, 40]),
        outcome=st.sampled_from(["completed"] * 6 + ["failed"]),
        has_lease=st.booleans(),
        is_sent=st.integers(0, 3),
    )
    def call(
        self, which: int, tokens: int, part: int, days_ago: int, outcome: str, has_lease: bool, is_sent: int
    ) -> None:
        """Make a call, with a part of a lease as its hold or without one; days_ago: its event comes late."""
        wallet, purse = self.wallet(which)
        price, per_token = self.prices[-1]
        found = self.one([each for each in purse.loans.items() if each[1].state == "open" and each[1].left], which)
        ended = max(self.now - timedelta(days=days_ago), START + timedelta(seconds=2))
        facts = {
            "event_id": UUID(int=next(self.numbers)),
            "service_id": self.service.pk,
            "enrollment_id": self.enrollments[which % 2],
            "usage": {"output_tokens": tokens},
            "status": 200 if outcome == "completed" else 0,
            "outcome": outcome,
            "started_at": ended - timedelta(seconds=1),
            "finished_at": ended,
        }
        gateway = f"gateway-{1 + which % 2}"
        if has_lease and found:
            (lease, loan), *_ = found
            hold = (loan.left / part).quantize(QUANTUM, rounding=ROUND_DOWN)
            gateway = Lease.objects.values_list("gateway_id", flat=True).get(pk=lease)
            loan.left -= min(exact(tokens * per_token), hold) if outcome == "completed" else ZERO
            event = usage_event(wallet, price, lease_id=lease, hold=hold, gateway_id=gateway, **facts)
        else:
            event = usage_event(wallet, price, hold=Decimal(part), gateway_id=gateway, **facts)
        self.spools[gateway].append(event)
        if is_sent:
            self.send(gateway)

    @rule(which=WHICH)
    def send_again(self, which: int) -> None:
        for event in self.one(self.sent, which):
            self.put([event])

    @rule(limit=st.integers(1, 6))
    def settle(self, limit: int) -> None:
        for event_id in sorted(self.inbox)[:limit]:
            self._settle(self.inbox.pop(event_id))
        rating.settle(limit=limit)
        paid = {str(pk): charged for pk, charged in Charge.objects.values_list("pk", "charged")}
        assert paid == {pk: charge.amount for pk, charge in self.charges.items()} | dict.fromkeys(self.lost_calls, ZERO)

    @rule(which=WHICH, part=st.integers(1, 3))
    def give_back(self, which: int, part: int) -> None:
        _, purse = self.wallet(which)
        for lease, loan in self.one([each for each in purse.loans.items() if each[1].state == "open"], which):
            amount = (loan.left / part).quantize(QUANTUM, rounding=ROUND_DOWN)
            if 0 < amount <= loan.amount:
                Process.give_back(self.processes[0], lease, amount)
                loan.amount -= amount
                loan.left -= amount
                loan.state = "open" if loan.amount else "closed"
                purse.shrink()

    @rule(which=st.integers(0, 1))
    def crash_and_come_back(self, which: int) -> None:
        old = self.processes[which]
        self.processes[which] = new = Process(old.gateway_id)
        self.send(old.gateway_id)
        lost = set(Lease.objects.filter(incarnation=old.incarnation, state="open").values_list("pk", flat=True))
        new.retire_earlier()
        for purse in self.purses:
            for lease, loan in purse.loans.items():
                loan.state = "retired" if lease in lost else loan.state

    @rule(expires=st.booleans())
    def end_leases(self, expires: bool) -> None:
        if expires:
            Lease.objects.filter(state="open").update(expires_at="2020-01-01T00:00Z")
        rating.end_leases(grace_seconds=0)
        waiting = {event.lease_id for event in self.inbox.values()}
        for purse in self.purses:
            for lease, loan in list(purse.loans.items()):
                loan.has_run_out = loan.has_run_out or (expires and loan.state == "open")
                ends = loan.state == "retired" or (loan.state == "open" and loan.has_run_out)
                if ends and str(lease) not in waiting:
                    del purse.loans[lease]
            purse.shrink()

    @rule(price=st.sampled_from(["1", "0.3", "0.000001", "2.5"]))
    def change_price(self, price: str) -> None:
        self.prices.append((price_version({"type": "one_token", "price": price}), Decimal(price)))

    @rule(kind=st.integers(0, 1), by_platform=st.booleans(), on_statement=st.integers(0, 3), has_code=st.booleans())
    def promote(self, kind: int, by_platform: bool, on_statement: int, has_code: bool) -> None:
        if len([each for _, each, _ in self.promotions if each.until is None]) > 2:
            return
        pricing, factor, off = KINDS[kind]
        code = f"CODE-{len(self.promotions)}" if has_code else ""
        made = promotion(
            None if by_platform else self.seller_team,
            pricing,
            now=self.now,
            apply_at="request" if on_statement else "statement",
            scope={"customers": {"code": code}} if code else None,
        )
        plain = Promotion(factor, off, by_platform, not on_statement, self.now, redeemed={} if code else None)
        self.promotions.append((made.pk, plain, code))

    @rule(which=WHICH)
    def pause(self, which: int) -> None:
        for pk, plain, _ in self.one([each for each in self.promotions if each[1].until is None], which):
            promotion_services.pause(rule=PriceRule.objects.get(pk=pk), now=self.now)
            plain.until = self.now

    @rule(which=WHICH)
    def redeem(self, which: int) -> None:
        wallet, purse = self.wallet(which)
        open_ones = [each for each in self.promotions if each[2] and each[1].until is None]
        for _, plain, code in self.one(open_ones, which):
            if plain.redeemed is not None and purse.id not in plain.redeemed:
                promotion_services.redeem(team=wallet.team, code=code, by=None, now=self.now)
                plain.redeemed[purse.id] = self.now

    def send(self, gateway_id: str) -> None:
        events, self.spools[gateway_id] = self.spools[gateway_id], []
        self.sent = (self.sent + events)[-50:]
        self.put(events)

    def put(self, events: list[UsageEvent]) -> None:
        if events:
            ship(*events)
        self.inbox.update({event.event_id: event for event in events})
        assert UsageInbox.objects.count() == len(self.inbox)

    def _settle(self, event: UsageEvent) -> None:
        if event.event_id in self.charges or event.event_id in self.lost_calls:
            return
        purse = self.purse_of(event)
        if event.outcome == "failed":
            self.lost_calls.add(event.event_id)
            return
        per_token = next(each for price, each in self.prices if str(price.pk) == event.price_version_id)
        listed = exact(Decimal(event.usage["output_tokens"]) * per_token)
        cost, by_platform = self._reduced(event, purse, listed)
        loan = purse.loans.get(UUID(event.lease_id)) if event.lease_id else None
        if loan and loan.state in ("open", "retired"):
            taken = min(listed, event.hold, loan.amount)
            charged = min(cost, taken)
            loan.amount -= taken
        else:
            charged = max(min(cost, event.hold, purse.spendable), ZERO)
        month = purse.month_for(event.finished_at)
        purse.usage[month] += charged
        purse.shrink()
        self.charges[event.event_id] = Charged(purse.id, month, event.finished_at, charged, by_platform)

    def _reduced(self, event: UsageEvent, purse: Purse, listed: Decimal) -> tuple[Decimal, Decimal]:
        running, by_platform = listed, ZERO
        quotas = [q for q in purse.quotas if q.left and q.starts_at <= event.started_at < q.ends_at]
        if listed and quotas:
            min(quotas, key=lambda quota: quota.ends_at).left -= 1
            running = ZERO
        for _, each, _ in self.promotions:
            if running and not each.on_statement and each.holds(event.started_at, purse.id):
                off = each.takes(running)
                running -= off
                by_platform += off if each.by_platform else ZERO
        return running, by_platform
