"""Thousands of services and a large request log, made with few statements."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from accounts.teams.models import Team
from benchmarks.request_logs.measure import fill
from marketplace.catalog.models import Listing, Offering, Service
from marketplace.catalog.services import search
from tests.factories.marketplace import make_service

_AT_ONCE = 500
_TYPES = ("llm", "embedding", "image_generation", "notification", "data_feed")
_WORDS = ("chat", "vector", "picture", "forecast", "relay", "translate", "summary", "speech", "search", "map")
_DAYS = 7


def fill_market(seller: Team, count: int) -> None:
    """Put services on the market that differ in their names, types, tags and prices; half of them are the seller's."""
    model, other = (make_service(each, name="model") for each in (seller, None))
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count))
        made = [_copied(model if number % 2 else other, number) for number in numbers]
        Offering.objects.bulk_create(each.offering for each in made)
        Listing.objects.bulk_create(each.listing for each in made)
        for each in made:
            search.index(each)
        Service.objects.bulk_create(made)


def fill_log(teams: list[Team], rows: int) -> None:
    """Put rows into the request log, half of them the first team's."""
    fill(rows, _DAYS, teams, timezone.now())


def _copied(model: Service, number: int) -> Service:
    word, kind = _WORDS[number % len(_WORDS)], _TYPES[number % len(_TYPES)]
    name, tags = f"{model.provider.name}/{word}-{number}", [f"tag-{number % 25}", word]
    offering = Offering(**{**_fields(model.offering), "id": uuid4(), "name": f"{word}-{number}", "tags": tags})
    listing = Listing(**{**_fields(model.listing), "id": uuid4(), "name": name, "offering_id": offering.pk})
    changed = {
        "id": uuid4(),
        "name": name,
        "display_name": f"{word.capitalize()} {number}",
        "service_type": kind,
        "tags": tags,
        "nominal_price": number % 700,
        "offering_id": offering.pk,
        "listing_id": listing.pk,
    }
    service = Service(**{**_fields(model), **changed})
    service.offering, service.listing = offering, listing
    return service


def _fields(row: Offering | Listing | Service) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "search"}
