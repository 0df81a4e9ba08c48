"""Files checked against every rule, and what the catalogue works out from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings

from accounts.teams.models import Team
from common import ports
from common.errors import Invalid
from domain import pricing
from marketplace.catalog.files.channels import Channel
from marketplace.catalog.files.hashing import content_hash
from marketplace.catalog.files.interfaces import Interface
from marketplace.catalog.files.platform import Kind
from marketplace.catalog.files.service import Checked, validate_service
from marketplace.catalog.models import Service
from marketplace.catalog.services import blobs
from marketplace.catalog.services.content import ServiceContent
from marketplace.catalog.services.interfaces import InterfaceContent, locate

Json = dict[str, Any]

#: Channels that customers pay for elsewhere.
_OWN_ACCOUNT = {"byok", "byoe"}
_FREE: Json = {"type": "constant", "price": "0", "description": "Free here: you pay the provider"}
_FREE_WARNING = (
    "listing_data.list_price: not given. Customers use accounts of their own, so it is free here: you pay the provider"
)
_PRICE_MISSING = (
    "listing_data.list_price: required before the service is sold. "
    'Give a price; {"type": "constant", "price": "0"} makes it free on purpose'
)


@dataclass(frozen=True, slots=True)
class ServiceFiles:
    """The three files of a service as written, and the contents of documents that come with them, by key.

    template: what rendered them, "name version"; empty for files that a seller wrote. kind: of the service.
    """

    provider: Json
    offering: Json
    listing: Json
    contents: Mapping[str, blobs.Inline] = field(default_factory=dict)
    template: str = ""
    kind: Kind = "regular"


def check(*, seller: Team, files: ServiceFiles, missing_secrets_allowed: bool = False) -> ServiceContent:
    """Return what the files of a service say in the current form. Raises: Invalid with every problem."""
    names = ports.secret_names(seller.pk)
    checked = _validated(files, names=None if missing_secrets_allowed else names)
    if checked.problems:
        raise Invalid([problem.text for problem in checked.problems])
    warnings = [problem.text for problem in checked.warnings]
    if missing := sorted(_required_secrets(checked.channels) - names):
        warnings.append(f"Secrets {', '.join(missing)} do not exist in your account. Create them before you submit.")
    contents = dict(files.contents)
    upload = [_with_blobs(part, contents) for part in (files.provider, files.offering, files.listing)]
    stored = [_with_blobs(part, contents) for part in (checked.provider, checked.offering, checked.listing)]
    if "list_price" not in stored[2] and _is_paid_elsewhere(checked.channels):
        stored[2]["list_price"] = dict(_FREE)
        warnings.append(_FREE_WARNING)
    return ServiceContent(
        provider=stored[0],
        offering=stored[1],
        listing=stored[2],
        upload={"provider": upload[0], "offering": upload[1], "listing": upload[2]},
        contents=contents,
        name=checked.service_name,
        content_hash=content_hash(*upload),
        warnings=tuple(warnings),
        channel_types=checked.channel_types,
        customer_secrets=_customer_secrets(checked.channels),
        seller_secrets=tuple(sorted(checked.seller_secrets)),
        requires_enrollment=checked.requires_enrollment,
        interfaces=tuple(_interfaces(checked)),
        template=files.template,
    )


def problems_for_sale(service: Service) -> tuple[str, ...]:
    """Return what keeps a service from being reviewed: the rules for sale, asked of its files as they were uploaded."""
    files = ServiceFiles(**service.upload, kind=cast(Kind, service.kind))
    checked = _validated(files, names=ports.secret_names(service.seller_id), for_submit=True)
    problems = [problem.text for problem in checked.problems]
    if service.list_price_id is None:
        problems.append(_PRICE_MISSING)
    return tuple(problems)


def check_routing_vars(service: Service, routing_vars: Json) -> None:
    """Check that routing variables are some, and that the service reads none that is missing. Raises: Invalid."""
    listing = service.upload["listing"]
    options = {**(listing.get("service_options") or {}), "routing_vars": routing_vars}
    uploaded = {**service.upload, "listing": {**listing, "service_options": options}}
    checked = _validated(ServiceFiles(**uploaded, kind=cast(Kind, service.kind)), names=None)
    if problems := [problem.text for problem in checked.problems if "routing_vars" in problem.text]:
        raise Invalid(problems)


def checked_price(price: Json, *, currency: str) -> Json:
    """Return a list price in its flat form. Raises: Invalid with every problem."""
    flat, told, problems = pricing.normalise(price)
    errors = [problem for problem in problems if problem.severity == "error"]
    errors += [problem for problem in pricing.validate(flat, side="list") if problem.severity == "error"]
    found = [f"list_price{'.' * bool(problem.path)}{problem.path}: {problem.message}" for problem in errors]
    if told not in {None, currency}:
        found.append(f"list_price.currency: {told}, but the listing says {currency}. Upload a listing in {told}.")
    if found:
        raise Invalid(list(dict.fromkeys(found)))
    return dict(flat)


def _validated(files: ServiceFiles, *, names: frozenset[str] | None, for_submit: bool = False) -> Checked:
    return validate_service(
        files.provider,
        files.offering,
        files.listing,
        seller_secret_names=names,
        for_submit=for_submit,
        require_test_secrets=for_submit and settings.REQUIRE_TEST_SECRETS,
        blobs=blobs.Stored(_keys(files.provider, files.offering, files.listing), files.contents),
        forward_hosts=_platform_hosts(),
        kind=files.kind,
    )


def _platform_hosts() -> tuple[str, ...]:
    """Return the hosts that a customer's key may be passed on to: our own."""
    return tuple({urlsplit(url).hostname or "" for url in (settings.SITE_URL, settings.API_GATEWAY_BASE_URL)} - {""})


def _keys(*parts: Json) -> Iterator[str]:
    """Return the keys of the uploaded files that the documents of unchecked files name."""
    for part in parts:
        documents = part.get("documents")
        for document in documents.values() if isinstance(documents, dict) else ():
            address = document.get("external_url") if isinstance(document, dict) else None
            if isinstance(address, str) and (key := blobs.key_in(address)) is not None:
                yield key


def _with_blobs(part: Json, contents: dict[str, blobs.Inline]) -> Json:
    """Return a checked part whose documents name their content by its key; the contents are added to `contents`."""
    documents: Json = {}
    for title, document in (part.get("documents") or {}).items():
        text = document.get("file_content")
        if text is not None:
            inline = blobs.Inline(text.encode(), _filename(title, document))
            contents[inline.key] = inline
            named = {"file_path": inline.filename, "external_url": blobs.PLACEHOLDER + inline.key}
            document = {**{k: v for k, v in document.items() if k != "file_content"}, **named}
        documents[title] = document
    return {**part, "documents": documents} if documents else dict(part)


_EXTENSIONS = {
    "markdown": ".md",
    "python": ".py",
    "javascript": ".js",
    "bash": ".sh",
    "html": ".html",
    "json": ".json",
}


def _filename(title: str, document: Json) -> str:
    return document.get("file_path") or title + _EXTENSIONS.get(document.get("mime_type", ""), ".txt")


def _required_secrets(channels: tuple[Channel, ...]) -> set[str]:
    references = (reference for channel in channels for reference in channel.usage.secrets)
    return {r.name for r in references if r.owner == "seller" and r.name and r.is_required}


def _is_paid_elsewhere(channels: tuple[Channel, ...]) -> bool:
    active = [channel.type for channel in channels if channel.is_active]
    return bool(active) and set(active) <= _OWN_ACCOUNT


def _customer_secrets(channels: tuple[Channel, ...]) -> dict[str, Json]:
    return {
        channel.name: {
            "type": channel.type,
            "required": list(channel.customer_secrets_required),
            "optional": list(channel.customer_secrets_optional),
            "chosen_by": list(channel.secret_parameters),
        }
        for channel in channels
    }


def _interfaces(checked: Checked) -> Iterator[InterfaceContent]:
    options = checked.listing.get("service_options") or {}
    for interface in checked.interfaces:
        yield _interface(interface, checked, options.get("routing_vars") or {})


def _interface(interface: Interface, checked: Checked, routing_vars: dict[str, object]) -> InterfaceContent:
    fields = checked.listing["user_access_interfaces"][interface.name]
    gateway, path, is_scoped = locate(
        fields["base_url"],
        routing_key=fields.get("routing_key"),
        service_name=checked.service_name,
        routing_vars=routing_vars,
    )
    return InterfaceContent(
        name=interface.name,
        description=fields.get("description") or "",
        access_method=fields.get("access_method") or "http",
        gateway=gateway,
        base_url=fields["base_url"],
        path=path,
        routing_key=fields.get("routing_key") or None,
        is_enrollment_scoped=is_scoped,
        is_active=interface.is_active,
        is_primary=fields.get("is_primary") is True,
        sort_order=fields.get("sort_order") or 0,
    )
