"""People who use the marketplace's pages over HTTP, as their browsers do."""

from __future__ import annotations

import re
from types import TracebackType

import httpx

from tests.fakes import html_form
from tests.journeys.marketplace import Marketplace


class Operator:
    """The operator of `demo.env`, logged in to the admin. Follows redirects; posts forms with all their fields."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.http = httpx.Client(base_url=marketplace.url, follow_redirects=True, timeout=30)
        entered = {"username": marketplace.demo["OPERATOR_EMAIL"], "password": marketplace.demo["OPERATOR_PASSWORD"]}
        page = self.submit("/admin/login/?next=/admin/", 'name="password"', **entered)
        assert page.url.path == "/admin/", "the operator was not let in"

    def __enter__(self) -> Operator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def page(self, address: str) -> str:
        answer = self.http.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def submit(self, address: str, mark: str, button: tuple[str, str] | None = None, **entered: str) -> httpx.Response:
        """Fill in the form of a page that has `mark` in it, and press `button`."""
        form = next(each for each in re.findall(r"<form\b.*?</form>", self.page(address), re.DOTALL) if mark in each)
        posted = html_form.posts(form, button) | {name: [value] for name, value in entered.items()}
        answer = self.http.post(address, data=posted, headers={"origin": str(self.http.base_url).rstrip("/")})
        assert answer.status_code == 200, answer.text
        return answer

    def waiting(self) -> dict[str, str]:
        """Return the services that wait for review: {name: address of the review}."""
        html = self.page("/admin/catalog/service/?status__exact=review")
        rows = re.findall(r"<tr\b.*?</tr>", html, re.DOTALL)
        found = [(re.search(r'href="([^"]+/review/)"', row), row) for row in rows]
        return {_words(row)[0]: link[1] for link, row in found if link}

    def approve(self, name: str) -> str:
        """Press "Approve" on the review page of a service, and return the page that follows."""
        return self.submit(self.waiting()[name], 'name="decision"', ("decision", "approve")).text


def _words(html: str) -> list[str]:
    """Return the texts between tags."""
    return [text.strip() for text in re.sub(r"<[^>]+>", "\n", html).split("\n") if text.strip()]
