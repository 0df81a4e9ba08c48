"""The pages of the documentation."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.documentation.papers import PAPERS, SHELVES
from config.documentation.rendering import rendered

_TOPICS = {paper.slug: paper for paper in PAPERS.values()}
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


@require_safe
def topic_list(request: HttpRequest) -> JsonResponse:
    """What there is to read, for programs such as the published MCP server: [{slug, title}]."""
    return JsonResponse([{"slug": slug, "title": paper.label} for slug, paper in _TOPICS.items()], safe=False)


@require_safe
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One paper as Markdown."""
    paper = _TOPICS.get(slug)
    if paper is None:
        raise Http404("There is no such topic.")
    text = (settings.BASE_DIR / "docs" / f"{paper.name}.md").read_text()
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")
