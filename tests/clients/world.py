"""What the calls find: the demo catalogue, and names that no other call has taken."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.journeys.marketplace import Marketplace

CHAT, OTHER_CHAT = "northwind/aurora-chat", "tidewater/delta-chat"
#: Answers at its own address, for the city of the demo account's enrollment.
FORECAST = "tidewater/forecast"
#: Asks for enrollments, and for nothing in them.
TOPICS = "tidewater/topics"
OSLO = {"city": "Oslo", "unit": "C"}


class World:
    """A marketplace, and a folder of the test's own."""

    def __init__(self, marketplace: Marketplace, folder: Path) -> None:
        self.marketplace, self.folder = marketplace, folder

    def service(self, name: str) -> UUID:
        """Return the id of a service of the demo catalogue."""
        return UUID(str(self.marketplace.rows("SELECT id FROM catalog_service WHERE name = %s", name)[0][0]))

    def name(self, what: str) -> str:
        """Return a name that was not given out before."""
        return f"{what}-{secrets.token_hex(3)}"

    def constant(self, what: str) -> str:
        """Return one in the spelling of secrets."""
        return self.name(what).upper().replace("-", "_")


def question(words: str = "one two", model: str = "aurora-large", **more: Any) -> dict[str, Any]:
    """Return the body of a chat, which the demo's provider echoes."""
    return {"model": model, "messages": [{"role": "user", "content": words}], "max_tokens": 50, **more}


def reply(response: Any) -> str:
    """Return what the model said."""
    assert response.status_code == 200, response.text
    return str(response.json()["choices"][0]["message"]["content"])


def answered(response: Any) -> bool:
    """Tell whether a call was answered. The gateway hears of what was made a moment after the API has made it."""
    return bool(response.status_code == 200)


def refused(response: Any) -> bool:
    """Tell whether a call was refused."""
    return 400 <= response.status_code < 500


async def until(asked: Callable[[], Awaitable[Any]], is_there: Callable[[Any], bool], seconds: float = 300) -> Any:
    """Ask until what is told is there, ever more seldom: a busy machine is not asked down."""
    deadline, pause = time.monotonic() + seconds, 0.05
    while not is_there(told := await asked()):
        assert time.monotonic() < deadline, f"it did not come: {told}"
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, 1)
    return told
