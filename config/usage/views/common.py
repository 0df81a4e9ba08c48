"""What the pages of customers and of sellers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils import timezone

from billing.rating.series import Asked, Cell
from common.errors import Invalid
from config.usage import asking, charts, exporting
from config.usage.charts import Layer
from config.usage.forms import SalesForm

TEMPLATE = "config/usage.html"
_FILTERS = {"service": "service_id", "key": "api_key_id", "alias": "alias"}
_WORDS = {"service": "service", "key": "API key", "alias": "called name"}
#: What of an address says how something is shown, and not what.
_MANNERS = ("by", "show", "currency")


@dataclass(frozen=True, slots=True)
class Found:
    """What the address asks for, and the numbers. name_of: by the key of a cell."""

    asked: Asked
    cells: Sequence[Cell]
    currency: str
    name_of: Callable[[str], str]


def asked_by(form: SalesForm, zone_name: str) -> Asked | None:
    """Return what a form asks for; None when it does not say that well, with the error in the form."""
    if not form.is_valid():
        return None
    try:
        return asking.asked(form.cleaned_data, zone_name=zone_name, now=timezone.now())
    except Invalid as error:
        form.add_error("start_time", error.problems[0].removeprefix("From: "))
        return None


def picked(found: Found, form: SalesForm) -> Found:
    """Return of the numbers those whose name has a text in it, and of these only the failures, as the form says."""
    text = form.cleaned_data["text"].casefold()
    cells = [cell for cell in found.cells if text in found.name_of(cell.key).casefold()]
    if form.cleaned_data["errors_only"]:
        cells = [replace(cell, requests=0, amount=Decimal(0)) for cell in cells if cell.failures]
    return replace(found, cells=cells)


def page_of(query: QueryDict, form: SalesForm, found: Found | None) -> dict[str, Any]:
    """Return what a page says of the numbers."""
    if found is None:
        return {"form": form, "chart": None}
    shown = form.cleaned_data["show"] or ("money" if any(cell.amount for cell in found.cells) else "calls")
    drawn = charts.chart(found.cells, found.asked, shown=shown, name_of=found.name_of)
    return {
        "form": form,
        "chart": drawn,
        "asked": found.asked,
        "currency": found.currency,
        "legend": [(layer, _narrowed(layer, found.asked, query)) for layer in drawn.layers],
        "is_narrowed": any(query.get(name) for name in form.fields if name not in _MANNERS),
        "query": _kept(query).urlencode(),
        "by_words": _WORDS[found.asked.by],
    }


def file_of(form: SalesForm, found: Found | None) -> HttpResponse:
    """Return the numbers as a file. Raises: Invalid."""
    if found is None:
        raise Invalid([f"{name}: {errors[0]}" for name, errors in form.errors.items()])
    text = exporting.as_csv(found.cells, found.asked, currency=found.currency, name_of=found.name_of)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"usage-{found.asked.period:%Y-%m}" if found.asked.period else "usage"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def currency_tabs(offered: Sequence[str], current: str) -> list[dict[str, object]]:
    """Return the links between currencies; none where there is one alone."""
    if len(offered) < 2:
        return []
    return [{"label": each, "url": f"?currency={each}", "current": each == current} for each in offered]


def _narrowed(layer: Layer, asked: Asked, query: QueryDict) -> str:
    """Return the address that shows one layer alone; "" for those that cannot be asked for."""
    name, (key, *others) = _FILTERS[asked.by], layer.keys
    if others or not key or query.get(name):
        return ""
    narrowed = _kept(query)
    narrowed[name] = key
    return f"?{narrowed.urlencode()}"


def _kept(query: QueryDict) -> QueryDict:
    """Return what an address asks for, without what says nothing."""
    kept = query.copy()
    for name in [name for name, value in kept.items() if not value]:
        del kept[name]
    return kept
