"""Leases: exact under concurrency, nothing left behind, nothing promised twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from gateway.leases import InsufficientFunds, LeaseBook
from gateway.steps.hold_balance import too_little
from gateway.stores.base import Drawn, StoreUnavailable
from gateway.stores.memory import MemoryLeases

WALLET = "w"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def book(spendable: str, **settings) -> tuple[LeaseBook, MemoryLeases, Clock]:
    store, clock = MemoryLeases({WALLET: Decimal(spendable)}), Clock()
    return LeaseBook(store, **{"ttl_seconds": 60, "clock": clock, **settings}), store, clock


def held(store: MemoryLeases) -> Decimal:
    return sum((amount for _, amount in store.leases.values()), Decimal(0))


class TestHold:
    async def test_answers_exactly_the_calls_that_the_wallet_can_pay(self):
        leases, store, _ = book("0.20")

        results = await asyncio.gather(
            *(leases.hold(WALLET, Decimal("0.01")) for _ in range(200)), return_exceptions=True
        )

        granted = [each for each in results if not isinstance(each, Exception)]
        assert len(granted) == 20
        assert all(isinstance(each, InsufficientFunds) for each in results if isinstance(each, Exception))
        assert store.spendable[WALLET] == 0

    async def test_asks_the_wallet_once_for_calls_that_arrive_together(self):
        leases, store, _ = book("100")
        await asyncio.gather(*(leases.hold(WALLET, Decimal(1)) for _ in range(50)))
        assert store.draws <= 2

    async def test_uses_again_what_a_call_did_not_cost(self):
        leases, store, _ = book("1")
        hold = await leases.hold(WALLET, Decimal(1))
        leases.release(hold, Decimal("0.25"))

        again = await leases.hold(WALLET, Decimal("0.75"))

        assert again.lease_id == hold.lease_id
        assert store.draws == 1

    async def test_costs_nothing_for_a_free_call(self):
        leases, store, _ = book("0")
        hold = await leases.hold(WALLET, Decimal(0))
        leases.release(hold, Decimal(0))
        assert (hold.lease_id, store.draws) == (None, 0)

    async def test_names_what_is_missing(self):
        leases, _, _ = book("0.03")
        with pytest.raises(InsufficientFunds) as refused:
            await leases.hold(WALLET, Decimal("0.05"))
        assert (refused.value.needed, refused.value.spendable) == (Decimal("0.05"), Decimal("0.03"))

    async def test_refuses_all_who_wait_when_the_books_are_away(self):
        leases, store, _ = book("1")
        store.down = True
        results = await asyncio.gather(*(leases.hold(WALLET, Decimal(1)) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in results] == [StoreUnavailable] * 3
        store.down = False
        assert (await leases.hold(WALLET, Decimal(1))).amount == 1

    async def test_tells_all_who_wait_what_the_books_could_not_do(self, monkeypatch):
        leases, store, _ = book("1")

        async def refuse(**asked):
            raise PermissionError

        monkeypatch.setattr(store, "draw", refuse)
        async with asyncio.timeout(5):
            results = await asyncio.gather(*(leases.hold(WALLET, Decimal(1)) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in results] == [PermissionError] * 3
        monkeypatch.undo()
        assert (await leases.hold(WALLET, Decimal(1))).amount == 1

    async def test_gives_back_the_hold_of_a_caller_who_left_while_waiting(self):
        leases, _, _ = book("1")
        waiting = asyncio.create_task(leases.hold(WALLET, Decimal(1)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await leases.hold(WALLET, Decimal(1))).amount == 1


class TestTheEndOfALease:
    async def test_is_refused_after_its_time_while_the_books_are_away(self):
        leases, store, clock = book("1")
        leases.release(await leases.hold(WALLET, Decimal("0.5")), Decimal(0))
        store.down = True
        clock.now += 59
        leases.release(await leases.hold(WALLET, Decimal("0.5")), Decimal(0))

        clock.now += 2
        with pytest.raises(StoreUnavailable):
            await leases.hold(WALLET, Decimal("0.5"))

    async def test_lasts_while_it_is_renewed(self):
        leases, store, clock = book("1")
        leases.release(await leases.hold(WALLET, Decimal("0.5")), Decimal(0))
        for _ in range(5):
            clock.now += 50
            await leases.renew()
        store.down = True
        assert (await leases.hold(WALLET, Decimal("0.5"))).amount == Decimal("0.5")

    async def test_returns_what_lies_idle(self):
        leases, store, clock = book("1")
        leases.release(await leases.hold(WALLET, Decimal(1)), Decimal("0.4"))
        await leases.give_back_idle()
        assert store.spendable[WALLET] == 0

        clock.now += 10
        await leases.give_back_idle()

        assert store.spendable[WALLET] == Decimal("0.6")
        assert held(store) == Decimal("0.4")

    async def test_returns_what_a_call_gives_back_after_the_lease_was_given_up(self):
        leases, store, clock = book("2")
        hold = await leases.hold(WALLET, Decimal(1))
        clock.now += 61
        leases.release(await leases.hold(WALLET, Decimal(1)), Decimal(0))
        leases.release(hold, Decimal("0.1"))

        clock.now += 10
        await leases.give_back_idle()

        assert store.spendable[WALLET] == Decimal("1.9")

    async def test_keeps_what_could_not_be_given_back(self):
        leases, store, clock = book("1")
        leases.release(await leases.hold(WALLET, Decimal(1)), Decimal(0))
        clock.now += 10
        store.down = True
        with pytest.raises(StoreUnavailable):
            await leases.give_back_idle()
        store.down = False
        await leases.give_back_idle()
        assert store.spendable[WALLET] == 1

    async def test_starts_anew_when_the_books_have_ended_it(self):
        leases, store, _ = book("2")
        ended = await leases.hold(WALLET, Decimal(1))
        leases.release(ended, Decimal(0))
        store.ended.add(ended.lease_id)
        await leases.renew()

        again = await leases.hold(WALLET, Decimal(1))

        assert again.lease_id != ended.lease_id

    async def test_opens_another_when_a_draw_finds_it_ended(self):
        leases, store, _ = book("2")
        ended = await leases.hold(WALLET, Decimal(1))
        store.ended.add(ended.lease_id)
        again = await leases.hold(WALLET, Decimal(1))
        assert again.lease_id != ended.lease_id


class SlowBooks(MemoryLeases):
    """Books whose answers, while it is slow, wait until they are let through."""

    def __init__(self, spendable: dict[str, Decimal]) -> None:
        super().__init__(spendable)
        self.is_slow = False
        self.asked = asyncio.Event()
        self.may_answer = {"draw": asyncio.Event(), "return": asyncio.Event()}

    async def draw(self, **asked) -> Drawn:
        drawn = await super().draw(**asked)
        await self._answer("draw")
        return drawn

    async def give_back(self, **asked) -> None:
        await super().give_back(**asked)
        await self._answer("return")

    async def _answer(self, question: str) -> None:
        if self.is_slow:
            self.asked.set()
            await self.may_answer[question].wait()


class TestAReturnUnderWay:
    @pytest.mark.parametrize("order", [("return", "draw"), ("draw", "return")])
    async def test_keeps_hold_of_a_lease_that_a_call_draws_on_meanwhile(self, order):
        store, clock = SlowBooks({WALLET: Decimal(1)}), Clock()
        leases = LeaseBook(store, ttl_seconds=60, clock=clock)
        leases.release(await leases.hold(WALLET, Decimal(1)), Decimal(0))
        clock.now += 10
        store.is_slow = True
        returning = asyncio.create_task(leases.give_back_idle())
        await store.asked.wait()
        call = asyncio.create_task(leases.hold(WALLET, Decimal(1)))
        await asyncio.sleep(0.001)

        for question in order:
            store.may_answer[question].set()
            await asyncio.sleep(0.001)
        await returning
        leases.release(await call, Decimal("0.25"))
        await leases.give_back_idle(at_once=True)

        assert (store.spendable[WALLET], held(store)) == (Decimal("0.75"), Decimal("0.25"))

    async def test_keeps_hold_of_an_old_lease_whose_last_call_ends_meanwhile(self):
        store, clock = SlowBooks({WALLET: Decimal(3)}), Clock()
        leases = LeaseBook(store, ttl_seconds=60, clock=clock)
        ended, running = await leases.hold(WALLET, Decimal(1)), await leases.hold(WALLET, Decimal(1))
        leases.release(ended, Decimal(0))
        clock.now += 61
        leases.release(await leases.hold(WALLET, Decimal(1)), Decimal(0))
        store.is_slow = True
        returning = asyncio.create_task(leases.give_back_idle())
        await store.asked.wait()
        leases.release(running, Decimal("0.25"))

        store.may_answer["return"].set()
        await returning
        await leases.give_back_idle(at_once=True)

        assert (store.spendable[WALLET], held(store)) == (Decimal("2.75"), Decimal("0.25"))


class LostAnswers(MemoryLeases):
    """Books that carry out what they are asked, and whose answers to the first returns are lost."""

    def __init__(self, spendable: dict[str, Decimal], losing: int = 1) -> None:
        super().__init__(spendable)
        self.losing = losing
        self.asked: list[tuple[int, Decimal]] = []

    async def give_back(self, **asked) -> None:
        self.asked.append((asked["number"], asked["amount"]))
        await super().give_back(**asked)
        if self.losing:
            self.losing -= 1
            raise StoreUnavailable


class TestAReturnWhoseAnswerIsLost:
    async def test_is_repeated_before_any_other(self):
        store, clock = LostAnswers({WALLET: Decimal(9)}, losing=2), Clock()
        leases = LeaseBook(store, ttl_seconds=60, clock=clock)
        running, ended = await asyncio.gather(*(leases.hold(WALLET, Decimal(amount)) for amount in (5, 3)))
        leases.release(ended, Decimal(0))
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await leases.give_back_idle(at_once=True)
        leases.release(running, Decimal(4))
        await leases.give_back_idle(at_once=True)
        await leases.give_back_idle(at_once=True)

        assert store.asked == [(1, 3), (1, 3), (1, 3), (2, 1)]
        assert (store.spendable[WALLET], held(store)) == (5, 4)

    async def test_lends_nothing_of_it(self):
        store, clock = LostAnswers({WALLET: Decimal(3)}), Clock()
        leases = LeaseBook(store, ttl_seconds=60, clock=clock)
        leases.release(await leases.hold(WALLET, Decimal(3)), Decimal(0))
        with pytest.raises(StoreUnavailable):
            await leases.give_back_idle(at_once=True)

        assert leases.at_once(WALLET, Decimal(3)) is None
        leases.release(await leases.hold(WALLET, Decimal(3)), Decimal(3))

        assert (store.spendable[WALLET], held(store)) == (0, 3)

    async def test_is_repeated_before_the_next_call_draws(self):
        leases, store, _ = book("3")
        leases.release(await leases.hold(WALLET, Decimal(3)), Decimal(0))
        store.down = True
        with pytest.raises(StoreUnavailable):
            await leases.give_back_idle(at_once=True)
        store.down = False

        assert (await leases.hold(WALLET, Decimal(3))).amount == 3


class TestDrawingAhead:
    async def test_draws_ahead_for_a_busy_wallet_but_only_a_part_of_what_it_has(self):
        leases, store, _ = book("1.60", chunk=Decimal(1))
        for _ in range(40):
            leases.release(await leases.hold(WALLET, Decimal("0.001")), Decimal("0.001"))
        assert store.draws < 40
        assert held(store) <= Decimal("0.04") + Decimal("0.1")


class TestGrow:
    async def test_adds_to_the_same_hold_and_gives_the_whole_rest_back(self):
        leases, store, _ = book("1")
        hold = await leases.hold(WALLET, Decimal("0.10"))
        await leases.grow(hold, WALLET, Decimal("0.25"))
        assert (hold.amount, store.spendable[WALLET]) == (Decimal("0.35"), Decimal("0.65"))
        leases.release(hold, Decimal("0.30"))
        await leases.give_back_idle(at_once=True)
        assert (store.spendable[WALLET], held(store)) == (Decimal("0.70"), Decimal("0.30"))

    async def test_changes_nothing_when_the_wallet_cannot_bear_it(self):
        leases, store, _ = book("0.30")
        hold = await leases.hold(WALLET, Decimal("0.10"))
        with pytest.raises(InsufficientFunds):
            await leases.grow(hold, WALLET, Decimal("0.25"))
        assert hold.amount == Decimal("0.10")
        leases.release(hold, Decimal(0))
        await leases.give_back_idle(at_once=True)
        assert store.spendable[WALLET] == Decimal("0.30")

    async def test_moves_to_the_new_lease_when_the_old_one_has_run_out(self):
        leases, store, clock = book("1")
        hold = await leases.hold(WALLET, Decimal("0.10"))
        first = hold.lease_id
        clock.now += 61
        await leases.grow(hold, WALLET, Decimal("0.05"))
        assert hold.lease_id != first
        assert hold.amount == Decimal("0.15")
        leases.release(hold, Decimal("0.15"))
        await leases.give_back_idle(at_once=True)
        assert (store.spendable[WALLET], held(store)) == (Decimal("0.85"), Decimal("0.15"))

    async def test_gives_a_free_hold_its_first_money(self):
        leases, _, _ = book("1")
        hold = await leases.hold(WALLET, Decimal(0))
        await leases.grow(hold, WALLET, Decimal("0.10"))
        assert (hold.amount, hold.lease is not None) == (Decimal("0.10"), True)
        leases.release(hold, Decimal(0))


class TestRefusal:
    @pytest.mark.parametrize(
        ("needed", "spendable", "words"),
        [
            ("0.5", "0.1", "has 0.1 USD to spend; this call may cost up to 0.5 USD"),
            ("0.000000438000", "0", "has 0 USD to spend; this call may cost up to 0.000000438 USD"),
            ("1.2345678", "0.0012", "has 0.0012 USD to spend; this call may cost up to 1.234568 USD"),
        ],
    )
    def test_never_shows_nothing_for_what_costs(self, needed, spendable, words):
        error = InsufficientFunds(needed=Decimal(needed), spendable=Decimal(spendable))

        assert words in too_little(error, "USD").message
