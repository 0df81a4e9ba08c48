"""Where a service can be called from the playground: the addresses of the team's enrollments, or those of everybody."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts.teams.models import Team
from marketplace.catalog.models import AccessMethod, Gateway
from marketplace.catalog.queries import ServicePage
from marketplace.catalog.snippets import filled
from marketplace.enrollments import calling
from marketplace.enrollments import queries as enrollments

#: Of so many enrollments of a team in one service the addresses are offered.
_MOST_ENROLLMENTS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """key: its word in addresses of pages. path: as it follows the gateway's address. words: what the seller says."""

    key: str
    label: str
    path: str
    routing_key: object
    words: str


def of_service(page: ServicePage, team: Team | None) -> list[Target]:
    """Return the addresses that plain HTTP reaches, those of the team's own enrollments first."""
    shared = [
        Target(
            shown.interface.name,
            shown.interface.name,
            _path(filled(shown.address)),
            shown.interface.routing_key,
            f"{shown.interface.name} {shown.interface.description}",
        )
        for shown in page.interfaces
        if shown.interface.gateway == Gateway.API and shown.interface.access_method == AccessMethod.HTTP
    ]
    own = _enrolled(page, team) if team is not None and not team.is_seller and page.service.requires_enrollment else []
    return own or shared


def _enrolled(page: ServicePage, team: Team) -> list[Target]:
    if not any(shown.interface.access_method == AccessMethod.HTTP for shown in page.interfaces):
        return []
    found = enrollments.active_enrollments(team=team, service=page.service).prefetch_related("interfaces")
    targets = []
    for enrollment in found[:_MOST_ENROLLMENTS]:
        key = next((shown.interface.routing_key for shown in page.interfaces if shown.interface.routing_key), None)
        for address in calling.addresses(enrollment):
            if address.access_method != AccessMethod.HTTP or not address.url.startswith(settings.API_GATEWAY_BASE_URL):
                continue
            label = enrollment.code if address.name == "Your code" else f"{enrollment.code} {address.name}"
            routing_key = address.routing_key or key
            targets.append(
                Target(label, label, _path(address.url), routing_key, f"{address.name} {address.description}")
            )
    return targets


def _path(url: str) -> str:
    return url.removeprefix(settings.API_GATEWAY_BASE_URL).lstrip("/")
