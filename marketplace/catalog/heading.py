"""What stands above every tab of a service's page."""

from __future__ import annotations

from django.urls import reverse

from accounts.teams.models import Team
from marketplace.catalog import labels
from marketplace.catalog.cards import card
from marketplace.catalog.queries import ServicePage
from marketplace.catalog.tabs import needed_secrets, tab_links


def heading(page: ServicePage, *, team: Team | None, current: str) -> dict[str, object]:
    """Return the context of the page's heading and its tabs. current: the tab that is open."""
    secrets = needed_secrets(page.service, team=team)
    service_url = reverse("market:service", args=[labels.reference(page.service.name, page.service.pk)])
    return {
        "page": page,
        "card": card(page.service),
        "service_url": service_url,
        "tab": current,
        "tabs": tab_links(page, service_url, current=current),
        "secrets": secrets,
        "missing_secret": next((each.name for each in secrets if each.is_required and each.is_stored is False), ""),
    }
