from __future__ import annotations

import re

import pytest

from config.documentation.papers import PAPERS
from tests.factories.accounts import TeamFactory, UserFactory


@pytest.mark.django_db
class TestDocumentation:
    def test_lists_every_paper(self, client):
        page = client.get("/docs").content.decode()

        assert [paper for paper in PAPERS.values() if f'href="{paper.path}"' not in page] == []

    @pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
    def test_shows_every_paper_small_and_without_asking_the_database(self, client, paper, django_assert_num_queries):
        with django_assert_num_queries(0):
            answer = client.get(paper.path)

        page = answer.content.decode()
        assert answer.status_code == 200
        assert len(page) < 100_000
        assert re.findall(r'<a class="nav-link"\s+href="([^"]+)" aria-current="page">', page).count(paper.path) == 1
        anchors = re.findall(' id="([^"]+)"', page)
        assert len(anchors) == len(set(anchors))

    @pytest.mark.parametrize(
        "path", ["/docs/nothing", "/docs/architecture", "/docs/../.env", "/docs/decisions/0003-leases"]
    )
    def test_has_nothing_else(self, client, path):
        assert client.get(path).status_code == 404

    @pytest.mark.parametrize("page", ["/", "/market"])
    def test_is_found_by_visitors(self, client, page):
        assert client.get(page).content.decode().count('href="/docs"') >= 2

    def test_is_found_by_members(self, client):
        buyer = UserFactory()
        TeamFactory(owner=buyer)
        client.force_login(buyer)

        assert 'href="/docs" aria-current="page"' in re.sub(r"\s+", " ", client.get("/docs/errors").content.decode())


class TestTopics:
    def test_are_the_papers_for_programs(self, client):
        listed = client.get("/topics").json()

        assert [each["title"] for each in listed] == [paper.label for paper in PAPERS.values()]
        for each in listed:
            assert re.fullmatch(r"[A-Za-z0-9_-]+", each["slug"])
            assert client.get(f"/topics/{each['slug']}").content.startswith(b"# ")

    def test_know_no_others(self, client):
        assert client.get("/topics/architecture").status_code == 404
