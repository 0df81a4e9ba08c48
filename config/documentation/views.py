"""The pages of the documentation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.documentation.papers import PAPERS, SHELVES
from config.documentation.rendering import rendered

#: Where the APIs describe themselves: whom it is for, address.
_APIS = (("for customers", "/v1/docs"), ("for sellers", "/v1/seller/docs"))


@require_safe
def paper_list(request: HttpRequest) -> HttpResponse:
    """What there is to read."""
    return render(request, "config/paper_list.html", {"shelves": SHELVES, "apis": _APIS})


@require_safe
def paper_detail(request: HttpRequest, page: str) -> HttpResponse:
    """One paper, with what else there is beside it."""
    paper = PAPERS.get(page)
    if paper is None:
        raise Http404("There is no such page in the documentation.")
    return render(request, "config/paper_detail.html", {"shelves": SHELVES, "paper": paper, "content": rendered(paper)})
