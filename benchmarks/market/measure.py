"""Fills the market and asks for its pages as browsers do: the whole answer, counts kept and counted anew."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

from django.core.cache import cache
from django.db import connection
from django.test import Client

from marketplace.catalog.models import Service
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
    print(f"Milliseconds of the whole answer in the server, median and slowest of {rounds}.\n")
    print(
        "| page | median | slowest | counted anew, median | slowest | status |\n| --- | --- | --- | --- | --- | --- |"
    )
    client = Client()
    client.get("/market")
    for name, address in _PAGES.items():
        fresh = [_milliseconds(client, address, is_fresh=True)[0] for _ in range(max(rounds // 2, 1))]
        kept = [_milliseconds(client, address) for _ in range(rounds)]
        times = [each for each, _ in kept]
        figures = (median(times), max(times), median(fresh), max(fresh))
        print(f"| {name} | " + " | ".join(f"{each:.1f}" for each in figures) + f" | {kept[0][1]} |", flush=True)


def _milliseconds(client: Client, address: str, *, is_fresh: bool = False) -> tuple[float, int]:
    if is_fresh:
        cache.clear()
    began = time.perf_counter()
    status = client.get(address).status_code
    return (time.perf_counter() - began) * 1000, status


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
