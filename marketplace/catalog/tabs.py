"""The tabs of a service's page: what each one shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import urlencode, urlsplit

from django.http import QueryDict
from django.urls import reverse

from accounts.teams.models import Team
from common import ports
from domain import enrollment_terms
from domain import plans as plan_terms
from domain.limits import wording
from marketplace.catalog import labels, plans
from marketplace.catalog.calculator import calculator
from marketplace.catalog.files.channels import effective
from marketplace.catalog.models import Document, DocumentCategory, Service
from marketplace.catalog.queries import ServicePage, ShownInterface, history
from marketplace.catalog.queries.by_id import text_of
from marketplace.catalog.snippets import filled, snippets

Context = dict[str, object]

#: What the Code tab shows; logos have their place in the heading.
_CODE = (DocumentCategory.CODE_EXAMPLE, DocumentCategory.CODE_EXAMPLE_OUTPUT, DocumentCategory.REQUEST_TEMPLATE)
#: What the tab of limits shows, and the one of changes.
_PROMISES = (DocumentCategory.SERVICE_LEVEL_AGREEMENT,)
_CHANGES = (DocumentCategory.CHANGELOG,)
_ELSEWHERE = (*_CODE, *_PROMISES, *_CHANGES, DocumentCategory.LOGO, DocumentCategory.AVATAR)
#: The tabs in their order. The playground has an address of its own.
_LABELS = {
    "": "Overview",
    "pricing": "Pricing",
    "docs": "Docs",
    "playground": "Playground",
    "code": "Code",
    "limits": "Limits & SLA",
    "changelog": "Changelog",
}
#: Documents printed as code: mime type -> language.
_PRINTED = {"python": "python", "javascript": "javascript", "bash": "bash", "json": "json", "text": "text"}
_DETAILS = 24
#: Of the limits the overview shows the first ones; the rest is on their tab.
_LIMITS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class NeededSecret:
    """A secret that calls use. is_stored: the visitor's team has it; None for visitors."""

    name: str
    channel: str
    is_required: bool
    is_stored: bool | None


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document with its text, when it can be printed. language: of code, empty for Markdown."""

    document: Document
    text: str | None
    language: str


def tab_links(page: ServicePage, service_url: str, *, current: str) -> list[Context]:
    """Return the tabs as links. service_url: the page of the service."""
    counts = {"docs": sum(len(each) for each in _read(page).values())}
    urls = {tab: f"{service_url}?tab={tab}" for tab in _LABELS} | {
        "": service_url,
        "playground": reverse("playground:page", args=[page.service.pk]),
    }
    return [
        {"label": label, "url": urls[tab], "current": tab == current, "count": counts.get(tab)}
        for tab, label in _LABELS.items()
    ]


def needed_secrets(service: Service, *, team: Team | None) -> list[NeededSecret]:
    """Return the secrets that the customer brings, required ones first."""
    stored = ports.secret_names(team.pk) if team else None
    found = [
        NeededSecret(name, channel, kind == "required", None if stored is None else name in stored)
        for channel, names in service.customer_secrets.items()
        for kind in ("required", "optional")
        for name in names.get(kind, ())
    ]
    return sorted(found, key=lambda secret: (not secret.is_required, secret.name))


def _overview(page: ServicePage, query: QueryDict, cookie: str) -> Context:
    service = page.service
    details = service.offering.data.get("details")
    plain = {name: value for name, value in details.items() if _is_plain(value)} if isinstance(details, dict) else {}
    return {
        "description": service.offering.description,
        "details": [(labels.spoken(name), _written(value)) for name, value in list(plain.items())[:_DETAILS]],
        "limits": _limits(service)[:_LIMITS_SHOWN],
        "audience": service.listing.data.get("audience") or [],
        "addresses": _addresses(page),
        "homepage": _host(service.provider.homepage) and service.provider.homepage,
        "homepage_host": _host(service.provider.homepage),
    }


def _limits(service: Service) -> list[tuple[str, str]]:
    """Return what every channel is held to, each line once."""
    return list(dict.fromkeys(line for _, lines in _limits_by_channel(service) for line in lines))[:_DETAILS]


def _limits_by_channel(service: Service) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (channel, its limits and constraints) of the channels that are open."""
    channels = service.offering.data.get("upstream_access_config") or {}
    accounts = {limit["name"]: limit for limit in service.provider.data.get("rate_limits") or () if limit.get("name")}
    return [
        (name, list(wording.told(effective(channel), accounts)))
        for name, channel in channels.items()
        if channel.get("is_active") is not False
    ]


def _limits_tab(page: ServicePage, query: QueryDict, cookie: str) -> Context:
    found = [(name, lines) for name, lines in _limits_by_channel(page.service) if lines]
    enrolling = enrollment_terms.limits(page.service.listing.data)
    return {
        "channels": found,
        "names_channels": len(found) > 1,
        "enrolling": [
            (said, number)
            for said, number in (
                ("for each customer", enrolling.per_customer),
                ("for each person", enrolling.per_user),
                ("in all", enrolling.overall),
            )
            if number is not None
        ],
        "promises": [_shown(each) for category in _PROMISES for each in page.documents.get(category, [])],
    }


def _changelog(page: ServicePage, query: QueryDict, cookie: str) -> Context:
    return {
        "steps": history.public_steps(page.service),
        "notes": [_shown(each) for category in _CHANGES for each in page.documents.get(category, [])],
    }


def _host(address: str) -> str:
    """Return the host of an https address; nothing for any other."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme == "https" else ""


def _is_plain(value: object) -> TypeGuard[str | int | float]:
    return value not in (None, "") and isinstance(value, str | int | float) and len(str(value)) <= 200


def _written(value: str | int | float) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def _pricing(page: ServicePage, query: QueryDict, cookie: str) -> Context:
    version = page.service.list_price
    price = version.price if version else {}
    reference = str(price.get("reference") or "")
    return {
        "price": page.price,
        "calculator": calculator(page.service, query),
        "plans": plans.stated(page.service),
        "is_flat": plan_terms.is_flat(price),
        "note": str(price.get("description") or "").partition("|")[0].strip(),
        "reference": reference if reference.startswith("https://") else "",
    }


def _docs(page: ServicePage, query: QueryDict, cookie: str) -> Context:
    """Return the list of documents and the one that is open."""
    groups = _read(page)
    every = [document for documents in groups.values() for document in documents]
    opened = next((each for each in every if str(each.pk) == query.get("doc")), every[0] if every else None)
    return {
        "groups": [(category.label, documents) for category, documents in groups.items()],
        "opened": _shown(opened) if opened else None,
    }


def _read(page: ServicePage) -> dict[DocumentCategory, list[Document]]:
    return {category: documents for category, documents in page.documents.items() if category not in _ELSEWHERE}


def _shown(document: Document) -> ShownDocument:
    language = _PRINTED.get(document.mime_type, "")
    is_printed = bool(language) or document.mime_type == "markdown"
    return ShownDocument(document, text_of(document) if is_printed else None, language)


def _code(page: ServicePage, query: QueryDict, cookie: str) -> Context:
    """Return the calls of the chosen interface, the seller's examples, and what they print."""
    callable_ones = [shown for shown in page.interfaces if snippets(page.service, shown)]
    chosen = _chosen(callable_ones, query.get("interface", ""))
    found = snippets(page.service, chosen, _template(page)) if chosen else []
    wanted = query.get("snippet", "") or cookie
    snippet = next((each for each in found if each.key == wanted), found[0] if found else None)
    return {
        "addresses": _addresses(page),
        "interface_tabs": [_interface_tab(each, chosen) for each in callable_ones],
        "snippet": snippet,
        "snippet_tabs": [
            {"label": each.label, "url": _code_address(chosen, each.key), "current": each is snippet} for each in found
        ],
        "examples": [_shown(document) for category in _CODE for document in page.documents.get(category, [])],
    }


def _interface_tab(shown: ShownInterface, chosen: ShownInterface | None) -> Context:
    return {"label": shown.interface.name, "url": _code_address(shown), "current": shown is chosen}


def _chosen(shown: list[ShownInterface], name: str) -> ShownInterface | None:
    return next((each for each in shown if each.interface.name == name), shown[0] if shown else None)


def _code_address(shown: ShownInterface | None, snippet: str = "") -> str:
    words = {"tab": "code", "interface": shown.interface.name if shown else "", "snippet": snippet}
    return "?" + urlencode({name: word for name, word in words.items() if word})


def _template(page: ServicePage) -> Mapping[str, object] | None:
    """Return the body of the seller's request template, when it is a JSON object."""
    for document in page.documents.get(DocumentCategory.REQUEST_TEMPLATE, []):
        try:
            body = json.loads(text_of(document) or "")
        except ValueError:
            continue
        if isinstance(body, dict) and body:
            return body
    return None


def _addresses(page: ServicePage) -> list[Context]:
    return [
        {
            "interface": shown.interface,
            "address": filled(shown.address),
            "routing_key": json.dumps(shown.interface.routing_key) if shown.interface.routing_key else "",
        }
        for shown in page.interfaces
    ]


#: tab -> what it adds to the context of the page. The first one stands for anything unknown.
TABS: Mapping[str, Callable[[ServicePage, QueryDict, str], Context]] = {
    "": _overview,
    "pricing": _pricing,
    "docs": _docs,
    "code": _code,
    "limits": _limits_tab,
    "changelog": _changelog,
}
