"""What people see: each page shows on GET and acts on POST, with plain forms and no scripts."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.pages import authentication, checkout, index, onboarding, portal
from tests.fakes.stripe.pages.answers import PageAnswer, gone
from tests.fakes.stripe.world import World

_PAGES: dict[str, Any] = {
    "checkout": checkout,
    "authenticate": authentication,
    "portal": portal,
    "onboarding": onboarding,
}


class Site:
    """The pages of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, method: str, path: str, given: dict[str, Any]) -> PageAnswer:
        """Return the page, or what acting on it leads to."""
        with self.world.tables.lock:
            try:
                return self._answer(method, path, given)
            finally:
                if method == "POST":
                    self.world.tables.save()

    def _answer(self, method: str, path: str, given: dict[str, Any]) -> PageAnswer:
        if path == "/":
            return index.submit(self.world, given) if method == "POST" else index.show(self.world)
        name, _, id = path.removeprefix("/").partition("/")
        found = _PAGES.get(name)
        if found is None or not id:
            return gone("There is no such page.")
        return found.submit(self.world, id, given) if method == "POST" else found.show(self.world, id)
