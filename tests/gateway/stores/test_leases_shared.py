"""Four gateway processes that borrow from one wallet, each through its own port, on the real database."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest

from billing.wallets.models import Wallet
from gateway.leases import Hold, InsufficientFunds, LeaseBook
from gateway.stores.base import StoreUnavailable
from gateway.stores.postgres import Database, PostgresLeases
from tests.databases import address
from tests.factories.billing import funded_wallet

pytestmark = pytest.mark.django_db(transaction=True)


async def fifty_calls(wallet_id: str, amount: str) -> tuple[int, int]:
    """Ask for fifty holds at once, at four processes in turn. Return how many were granted, and how many refused."""
    databases = [Database(address()) for _ in range(4)]
    for each in databases:
        await each.open()
    books = [
        LeaseBook(PostgresLeases(each, gateway_id=f"g{n}", incarnation=str(uuid4()), ttl_seconds=60), ttl_seconds=60)
        for n, each in enumerate(databases)
    ]
    try:
        told = await asyncio.gather(
            *(books[call % 4].hold(wallet_id, Decimal(amount)) for call in range(50)), return_exceptions=True
        )
        granted = [(books[call % 4], each) for call, each in enumerate(told) if isinstance(each, Hold)]
        refused = [each for each in told if isinstance(each, InsufficientFunds)]
        assert len(granted) + len(refused) == 50, told
        for book, hold in granted:
            book.release(hold, Decimal(0))  # none of the calls costs anything in the end
        for book in books:
            await book.give_back_idle(at_once=True)
        return len(granted), len(refused)
    finally:
        for each in databases:
            await each.close()


@pytest.mark.parametrize(
    ("balance", "amount", "answered"), [("0.10", "0.02", 5), ("1", "0.02", 50), ("0.01", "0.02", 0)]
)
def test_exactly_so_many_calls_are_answered_as_the_wallet_can_bear(balance, amount, answered):
    wallet = funded_wallet(balance)
    assert asyncio.run(fifty_calls(str(wallet.pk), amount)) == (answered, 50 - answered)
    assert Wallet.objects.get(pk=wallet.pk).held == 0  # and all is given back


async def dear_calls_and_a_cheap_one(wallet_id: str) -> list[object]:
    """Ask at once for holds that are more together than the books can count."""
    database = Database(address())
    await database.open()
    store = PostgresLeases(database, gateway_id="g", incarnation=str(uuid4()), ttl_seconds=60)
    book = LeaseBook(store, ttl_seconds=60)
    try:
        async with asyncio.timeout(5):
            return await asyncio.gather(
                *(book.hold(wallet_id, amount) for amount in (Decimal(6) * 10**17, Decimal(6) * 10**17, Decimal(1))),
                return_exceptions=True,
            )
    finally:
        await database.close()


def test_calls_that_nobody_could_ever_pay_are_refused_and_keep_no_other_waiting():
    wallet = funded_wallet("1")
    told = asyncio.run(dear_calls_and_a_cheap_one(str(wallet.pk)))
    assert [type(each) for each in told] == [InsufficientFunds, InsufficientFunds, Hold]
    assert Wallet.objects.get(pk=wallet.pk).held == 1


class LostAnswer(PostgresLeases):
    """Books that take the first return, and whose answer is lost."""

    is_lost = False

    async def give_back(self, *, lease_id: str, amount: Decimal, number: int) -> None:
        await super().give_back(lease_id=lease_id, amount=amount, number=number)
        if not self.is_lost:
            self.is_lost = True
            raise StoreUnavailable


async def return_whose_answer_is_lost(wallet_id: str, under_way: str) -> list[Decimal]:
    """Give back 3 beside a call under way, twice, then what the call has not cost. Return what was held after each."""
    database, held = Database(address()), []
    query = "SELECT held FROM wallets_wallet WHERE id = %s"

    async def note() -> None:
        async with database.connection() as connection:
            held.extend(await (await connection.execute(query, [wallet_id])).fetchone())

    await database.open()
    book = LeaseBook(LostAnswer(database, gateway_id="g", incarnation=str(uuid4()), ttl_seconds=60), ttl_seconds=60)
    try:
        running, ended = await asyncio.gather(*(book.hold(wallet_id, Decimal(amount)) for amount in (under_way, "3")))
        book.release(ended, Decimal(0))
        with pytest.raises(StoreUnavailable):
            await book.give_back_idle(at_once=True)
        await note()
        await book.give_back_idle(at_once=True)
        await note()
        book.release(running, Decimal(0))
        await book.give_back_idle(at_once=True)
        await note()
        return held
    finally:
        await database.close()


@pytest.mark.parametrize("under_way", ["1", "5"])
def test_what_is_given_back_arrives_once_also_when_the_answer_is_lost(under_way):
    wallet = funded_wallet("10")
    held = asyncio.run(return_whose_answer_is_lost(str(wallet.pk), under_way))
    assert held == [Decimal(under_way), Decimal(under_way), 0]
