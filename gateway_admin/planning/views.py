"""The page that tests a path: what a call would do, read by people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.teams.access import MemberRequest, member_required
from common import htmx, ports
from gateway_admin.planning import queries
from gateway_admin.planning.forms import TestForm
from gateway_admin.planning.queries import Asked, Planned
from marketplace.catalog.queries import by_id


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as the page shows it. holds, costs: (amount, currency). refusal: why nothing would be sent."""

    path: str
    stage: dict[str, Any] | None
    holds: list[tuple[Decimal, str]]
    costs: list[tuple[Decimal, str]]
    refusal: Any


@require_http_methods(["GET", "POST"])
@member_required()
def path_test(request: MemberRequest) -> HttpResponse:
    """A form for a path, and the plan of the one that was asked about. Nothing is sent and nothing is charged."""
    given = request.POST if request.method == "POST" else request.GET
    form = TestForm(given if "path" in given else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context["shown"] = _shown(form.asked, queries.plan(team=request.team, asked=form.asked))
    partial = "plan" if request.GET.get("part") == "plan" else "test"
    return htmx.render(request, "gateway_admin/planning/path_test.html", context, partial=partial)


def _shown(asked: Asked, planned: Planned) -> Shown:
    explained = planned.explained
    _complete(list(_candidates(explained)))
    return Shown(
        path=asked.path,
        stage=explained.get("plan") if planned.refusal is None else None,
        holds=_amounts(explained.get("hold", {})),
        costs=_amounts(explained.get("cost", {})),
        refusal=planned.refusal,
    )


def _candidates(part: Any) -> Iterator[dict[str, Any]]:
    """Yield the candidates of every choice in a plan."""
    if isinstance(part, dict):
        yield from part.get("candidates", [])
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _candidates(each)


def _complete(candidates: list[dict[str, Any]]) -> None:
    """Give those that are left out their names, which the plan has not looked at, and say why without the code.

    Prices come with their currency.
    """
    nameless = {UUID(each["service_id"]) for each in candidates if not each["service_name"]}
    names = ports.service_names(nameless) if nameless else {}
    currencies = by_id.currencies(UUID(each["service_id"]) for each in candidates if each["price"])
    for each in candidates:
        each["service_name"] = each["service_name"] or names.get(UUID(each["service_id"]), "A service")
        each["reason"] = each["out"].partition(": ")[2] or each["out"]
        each["price"] = each["price"] and Decimal(each["price"])
        each["currency"] = currencies.get(UUID(each["service_id"]), "")


def _amounts(by_currency: dict[str, str]) -> list[tuple[Decimal, str]]:
    return [(Decimal(amount), currency) for currency, amount in by_currency.items()]
