"""Fills a marketplace and asks for its lists as browsers do, in this process: middleware, view, template."""

from __future__ import annotations

import os
import time
from statistics import median

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from accounts.teams.models import Team
from benchmarks.clock import Cost, cheapest, measured
from benchmarks.pages.filling import fill_log, fill_market
from tests.factories import plenty
from tests.factories.belongings import Belongings, belongings
from tests.pages import census

_ROUNDS = 5
_ROWS_OF_EVERYTHING = 30
#: More of the same lists: what visitors ask of the market and customers of their log.
_MORE = {
    "visitor": ("/market?q=chat", "/market?sort=price", "/market?type=llm&page=40", "/market?q=chta"),
    "buyer": ("/request-logs?errors_only=1", "/request-logs?status=5xx", "/market?q=chat"),
}


def report(services: int, rows: int) -> None:
    """Fill, ask, print a line per page, the slowest first."""
    owner = _owner()
    began = time.monotonic()
    fill_market(owner.seller, services)
    fill_log([owner.buyer, *Team.objects.exclude(pk=owner.buyer.pk)[:9]], rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{services:,} services and {rows:,} rows of request logs, filled in {time.monotonic() - began:.0f} s.")
    print(f"Milliseconds of server time, {_ROUNDS} rounds, on {os.cpu_count()} cores with a load of {load}.")
    print("Processor: of the round that took least, in Python and in the database. Median: on the clock.\n")
    print("| page | who | processor | Python | database | median | kB |\n| --- | --- | --- | --- | --- | --- | --- |")
    for address, who, cost, clock, size in sorted(_measured(owner), key=lambda each: -each[2].processor):
        figures = f"{cost.processor:.0f} | {cost.python:.0f} | {cost.database:.0f} | {clock:.0f} | {size / 1000:.0f}"
        print(f"| {address} | {who} | {figures} |")


def _owner() -> Belongings:
    """Return a buyer and a seller who have some of everything. The jobs for it are dropped: nobody does them here."""
    with transaction.atomic():
        owner = belongings()
        plenty.add(owner, range(1, _ROWS_OF_EVERYTHING))
        connection.run_on_commit.clear()
    return owner


def _measured(owner: Belongings) -> list[tuple[str, str, Cost, float, int]]:
    clients = census.everybody(owner)
    asked = {(page.who, page.address) for page in census.take(owner).pages if "<" not in page.route}
    asked |= {(who, address) for who, addresses in _MORE.items() for address in addresses}
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    return [_page(clients[who], who, address) for who, address in sorted(asked)]


def _page(client: Client, who: str, address: str) -> tuple[str, str, Cost, float, int]:
    """Return the address, who asked, the cheapest round, the median on the clock, and the bytes of the answer."""
    answers = [_once(client, address) for _ in range(_ROUNDS)]
    costs = [cost for _, cost in answers]
    return address, who, cheapest(costs), median(each.clock for each in costs), answers[0][0]


def _once(client: Client, address: str) -> tuple[int, Cost]:
    cache.clear()
    response, cost = measured(lambda: client.get(address))
    assert response.status_code == 200, address
    return len(response.content), cost
