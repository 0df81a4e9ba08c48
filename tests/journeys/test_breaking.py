"""What may break, breaks: every answered call is charged once, whatever is killed; nobody spends what is not there."""

from __future__ import annotations

import asyncio
import itertools
import random
from decimal import Decimal

import httpx
import pytest

from tests.journeys.marketplace import Marketplace

pytestmark = [pytest.mark.journey, pytest.mark.chaos]
PATH = "/p/northwind/prism-image/images/generations"
BODY = {"model": "prism-1", "prompt": "a sea", "n": 1}


async def call(http: httpx.AsyncClient, answered: dict[str, int]) -> int:
    """Make one call and note its id when the whole answer came."""
    try:
        answer = await http.post(PATH, json=BODY)
    except httpx.HTTPError:
        return 0
    if answer.status_code == 200:
        request_id = answer.headers["x-request-id"]
        answered[request_id] = answered.get(request_id, 0) + 1
    return answer.status_code


def charges(marketplace: Marketplace) -> dict[str, Decimal]:
    rows = marketplace.rows("SELECT event_id::text, charged FROM rating_charge")
    return dict(rows)


class TestKilling:
    def test_gateway_and_settlement_in_the_middle_of_hundreds_of_calls_charges_each_answer_once(self, breakable):
        answered: dict[str, int] = {}
        random.seed(5)

        async def load() -> None:
            headers = {"authorization": f"Bearer {breakable.key}"}
            limits = httpx.Limits(max_connections=20)
            async with httpx.AsyncClient(base_url=breakable.url, headers=headers, timeout=10, limits=limits) as http:
                numbers = itertools.count()

                async def caller() -> None:
                    while len(answered) < 600 and next(numbers) < 20_000:
                        if await call(http, answered) == 0:
                            await asyncio.sleep(0.1)

                await asyncio.gather(*(caller() for _ in range(20)), killer())

        async def killer() -> None:
            for _ in range(3):
                await asyncio.sleep(random.uniform(0.3, 0.9))
                for name in ("web", "settle"):
                    await asyncio.to_thread(breakable.kill, name)
                    await asyncio.to_thread(breakable.start, name)

        asyncio.run(load())
        breakable.wait_settled(180, is_logged=False)

        charged = charges(breakable)
        assert len(answered) >= 600
        assert set(answered) <= set(charged), "an answered call was not charged"
        assert all(charged[request_id] > 0 for request_id in answered)
        usage = breakable.rows("SELECT sum(usage) FROM wallets_wallet")[0][0]
        assert usage == sum(charged.values())
        verified = breakable.manage("verify_ledger")
        assert verified.returncode == 0, verified.stdout

    def test_redis_changes_nothing_for_calls(self, breakable):
        """The gateway uses no Redis, so a marketplace whose Redis is gone answers and charges."""
        breakable.kill("web")
        breakable.environment["REDIS_URL"] = "redis://127.0.0.1:1/0"
        breakable.start("web")
        answered: dict[str, int] = {}

        async def one() -> int:
            headers = {"authorization": f"Bearer {breakable.key}"}
            async with httpx.AsyncClient(base_url=breakable.url, headers=headers, timeout=10) as http:
                return await call(http, answered)

        assert asyncio.run(one()) == 200
        breakable.wait_settled()
        assert set(answered) <= set(charges(breakable))


class TestSpending:
    def test_two_hundred_calls_on_money_for_twenty_answers_exactly_twenty(self, breakable):
        ((text,),) = breakable.rows(
            "SELECT p.price->>'price' FROM catalog_service s JOIN prices_priceversion p ON p.id = s.list_price_id"
            " WHERE s.name = 'northwind/prism-image'"
        )
        price = Decimal(text)
        created = breakable.manage("create_account", "customer", "small-buyer")
        key = created.stdout.strip()
        credited = breakable.manage(
            "shell", "-c",
            "from accounts.teams.models import Team; from billing.wallets import services;"
            "from domain.money import Money;"
            "from decimal import Decimal; from django.utils import timezone;"
            "team = Team.objects.get(name='small-buyer'); wallet = services.open(team=team);"
            f"services.credit(wallet=wallet, amount=Money(Decimal('{price * 20}'), 'USD'), kind='grant', key='twenty',"
            "note='for twenty calls', by=None, now=timezone.now())",
        )  # fmt: skip
        assert credited.returncode == 0, credited.stderr

        async def load() -> list[int]:
            limits = httpx.Limits(max_connections=200)
            headers = {"authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=breakable.url, headers=headers, timeout=30, limits=limits) as http:
                return await asyncio.gather(*(call(http, {}) for _ in range(200)))

        codes = asyncio.run(load())
        breakable.wait_settled()

        assert (codes.count(200), codes.count(402)) == (20, 180)
        ((available, held),) = breakable.rows(
            "SELECT w.settled - w.usage, w.held FROM wallets_wallet w JOIN teams_team t ON t.id = w.team_id"
            " WHERE t.name = 'small-buyer'"
        )
        assert (available, held) == (0, 0)
        verified = breakable.manage("verify_ledger")
        assert verified.returncode == 0, verified.stdout
