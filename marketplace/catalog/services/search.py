"""What full-text search and the filters of the market know of a service."""

from __future__ import annotations

import re
from functools import reduce
from operator import add
from typing import cast

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.db.models.expressions import CombinedExpression

from marketplace.catalog.models import SearchWord, Service
from marketplace.catalog.queries import spelling
from marketplace.catalog.queries.market import facet

#: Punctuation inside names: "acme/llama-3.1" is found by each of its pieces and as written.
_JOINTS = re.compile(r"[/._@:-]+")
_TEXT_LIMIT = 100_000


def index(service: Service) -> None:
    """Set what the service is found by. Its parts are set; it is saved by the caller."""
    service.facets = facets(service)
    service.search = _vector(service)
    known = spelling.words(_names(service))
    SearchWord.objects.bulk_create(
        [SearchWord(word=word, trigrams=spelling.trigrams(word)) for word in sorted(known)], ignore_conflicts=True
    )


def _names(service: Service) -> str:
    return " ".join((service.name, service.display_name, service.provider.name, service.provider.display_name))


def facets(service: Service) -> list[str]:
    """Return the words that filters compare: "type:llm", "capability:chat", "price:free"."""
    words = [
        facet("type", service.service_type),
        facet("seller", service.seller.name),
        facet("provider", service.provider.name),
        facet("currency", service.currency),
        *(facet("capability", word) for word in service.capabilities),
        *(facet("tag", word) for word in service.tags),
        *(facet("channel", word) for word in service.channel_types),
    ]
    if service.nominal_price is not None and service.nominal_price == 0:
        words.append(facet("price", "free"))
    return list(dict.fromkeys(words))


def _vector(service: Service) -> CombinedExpression:
    """Weigh names above provider, tags and capabilities, these above the summary, and it above the description.

    Names and words are indexed as they are, for search while typing; prose also by its stems, for other word forms.
    """
    names = f"{service.name} {service.display_name} {service.offering.display_name}"
    people = (service.provider.name, service.provider.display_name, service.seller.name, service.seller.display_name)
    words = " ".join((*people, service.service_type, *service.tags, *service.capabilities))
    parts = [
        SearchVector(Value(_spelt_out(names)), config="simple", weight="A"),
        SearchVector(Value(_spelt_out(names)), config="english", weight="A"),
        SearchVector(Value(_spelt_out(words)), config="simple", weight="B"),
        SearchVector(Value(_spelt_out(words)), config="english", weight="B"),
        SearchVector(Value(service.summary), config="simple", weight="C"),
        SearchVector(Value(service.summary), config="english", weight="C"),
        SearchVector(Value(service.offering.description[:_TEXT_LIMIT]), config="english", weight="D"),
    ]
    return cast(CombinedExpression, reduce(add, parts))


def _spelt_out(text: str) -> str:
    return f"{text} {_JOINTS.sub(' ', text)}"
