"""Reads of aliases, from the team."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.teams.models import Team, TeamKind
from gateway_admin import named
from gateway_admin.aliases.models import Alias, AliasSwitch

_SHORTEST_ID = 8


def aliases(*, team: Team, name: str | None = None, with_removed: bool = False) -> QuerySet[Alias]:
    """Return the rows of a team by name, the routing one of each key first."""
    found = Alias.objects.filter(team=team).select_related("team")
    if not with_removed:
        found = found.live()
    return found.filter(name=name) if name else found


def alias(*, team: Team, alias_id: UUID) -> Alias:
    """Return one row, removed ones included. Raises: NotFound."""
    return named.one_of(aliases(team=team, with_removed=True), alias_id, what="alias")


def lock_names(*, team: Team) -> Team:
    """Lock a team's aliases: two switches of one name wait for each other."""
    return Team.objects.select_for_update(no_key=True, of=("self",)).get(pk=team.pk)


def called(*, team: Team, identifier: str) -> QuerySet[Alias]:
    """Return the live rows that an id, the unique beginning of one, or a name means, in the order of their making."""
    live = aliases(team=team).order_by("created_at", "pk")
    by_name = live.filter(name=identifier)
    if by_name.exists():
        return by_name
    digits = identifier.replace("-", "").lower()
    if not _SHORTEST_ID <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return live.none()
    return live.filter(pk__range=(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))))


def published_by_sellers(name: str) -> QuerySet[Alias]:
    """Return the rows that sellers publish under a name to every customer."""
    return Alias.objects.live().filter(team__kind=TeamKind.SELLER, team__is_active=True, name=name)


def switches(*, team: Team, name: str) -> QuerySet[AliasSwitch]:
    """Return where a name has led, the last change first."""
    return AliasSwitch.objects.filter(team=team, name=name).select_related("by")


def names(*, team: Team, containing: str = "") -> QuerySet[Alias, str]:
    """Return the names of a team's live rows, each one once. containing: a part of the name or of a target."""
    live = Alias.objects.live().filter(team=team)
    if containing:
        live = live.filter(Q(name__icontains=containing) | Q(target_path__icontains=containing))
    return live.order_by("name").values_list("name", flat=True).distinct()


def shadowed(*, team: Team, names: Iterable[str]) -> dict[str, str]:
    """Return which of the names sellers publish too, and who: {name: the seller's name}. A seller shadows nobody."""
    if team.is_seller:
        return {}
    published = Alias.objects.live().filter(team__kind=TeamKind.SELLER, team__is_active=True, name__in=list(names))
    return {each.name: str(each.team) for each in published.select_related("team")}


def switch_made(*, team: Team, switch_id: UUID) -> AliasSwitch | None:
    """Return a change of where a name leads while it is the name's last one; None once another has followed."""
    found = AliasSwitch.objects.filter(team=team, pk=switch_id).select_related("from_alias", "to_alias").first()
    if found is None:
        return None
    last = AliasSwitch.objects.filter(team=team, name=found.name, request_key=found.request_key).first()
    return found if last is not None and last.pk == found.pk else None
