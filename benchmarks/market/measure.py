"""Fills the market and asks for its pages as browsers do: the whole answer, counts kept and counted anew."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.core.cache import cache
from django.db import connection
from django.test import Client

from benchmarks.clock import Cost, cheapest, measured
from marketplace.catalog.models import MarketChange, Service
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service

_FILL = (Path(__file__).parent / "fill.sql").read_text()
_WORDS = [
    f"{first}{last}" for first in ("lumen", "vertex", "cinder", "harbor", "quill") for last in ("", "ly", "ix", "on")
]
_PAGES = {
    "the whole market": "/market",
    "the last page that there is": "/market?page=500",
    "sorted by price": "/market?sort=price",
    "one type": "/market?type=llm",
    "two filters": "/market?type=llm&capability=c3",
    "three filters and a price": "/market?type=llm&capability=c3&channel=byok&price_from=1&price_to=100",
    "a word of many": "/market?q=lumen",
    "a word of many, by price": "/market?q=lumen&sort=price",
    "a word that all have": "/market?q=model",
    "a word and a filter": "/market?q=vertex&type=embedding",
    "the beginning of a word": "/market?q=lu",
    "a rare name": "/market?q=lumen+4200",
    "misspelt": "/market?q=harbro",
    "nothing": "/market?q=zzzzqqq",
    "providers": "/providers",
    "a provider": "/providers/provider-7",
    "a service": "/market/provider-8/vertexon-7",
}


def report(services: int, rounds: int) -> None:
    """Print a line a page: milliseconds of server time, with kept counts and with none."""
    seconds = _fill(services)
    load = os.getloadavg()[0]
    print(f"{Service.objects.in_market().count():,} services, filled in {seconds:.0f} s; load {load:.1f}.")
    print(f"Milliseconds of the whole answer (processor of Python and database; clock), the best of {rounds}.")
    print("Kept: asked before. First: since the last change only the whole market was asked for. Cold: nothing was.\n")
    print("| page | kept | Python | database | on the clock | first | cold |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    client = Client()
    client.get("/market")
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    for name, address in _PAGES.items():
        cold = cheapest([_asked(client, address, before=[]) for _ in range(max(rounds // 2, 1))])
        first = cheapest([_asked(client, address, before=["/market"]) for _ in range(max(rounds // 2, 1))])
        client.get(address)
        kept = cheapest([_asked(client, address) for _ in range(rounds)])
        figures = (kept.processor, kept.python, kept.database, kept.clock, first.processor, cold.processor)
        print(f"| {name} | " + " | ".join(f"{each:.0f}" for each in figures) + " |", flush=True)


def _asked(client: Client, address: str, *, before: list[str] | None = None) -> Cost:
    """Return what a page takes. before: what alone was asked for until the last change."""
    if before is not None:
        cache.clear()
        for each in before:
            client.get(each)
        MarketChange.objects.create()
    response, cost = measured(lambda: client.get(address))
    assert response.status_code in (200, 404), address
    return cost


def _fill(services: int) -> float:
    began = time.monotonic()
    one = make_service(TeamFactory(seller=True, name="acme-corp"), namespace="acme")
    given = {
        "services": services,
        "service": one.pk,
        "offering": one.offering_id,
        "listing": one.listing_id,
        "words": _WORDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL, given)
        cursor.execute("VACUUM ANALYZE catalog_service, catalog_offering, catalog_listing, catalog_provider")
    return time.monotonic() - began
