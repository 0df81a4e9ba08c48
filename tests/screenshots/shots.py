"""Which pages are shown, and what is done on them first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page, expect

_BODY = """{
  "model": "aurora-large",
  "messages": [
    {"role": "user", "content": "Tell me what the lighthouse at the end of the pier costs."}
  ],
  "stream": true,
  "delay_ms": 20
}"""


def _run(page: Page) -> None:
    """Make a streamed call and wait until it is charged."""
    page.get_by_label("Body").fill(_BODY)
    agreed = page.get_by_label("Calls from here are charged to my wallet")
    if agreed.count():
        agreed.check()
    page.get_by_role("button", name="Run", exact=True).click()
    answer = page.get_by_role("region", name="Answer", exact=True)
    expect(answer.get_by_text("It cost")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("None yet. Press Run")).to_be_hidden()


Who = Literal["visitor", "customer", "seller"]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture. address: may have {call}, the request id of a call. begins_at: what stands at its top."""

    name: str
    who: Who
    address: str
    before: Callable[[Page], None] | None = None
    begins_at: str | None = None


SHOTS = (
    Shot("market", "visitor", "/market"),
    Shot("service", "visitor", "/market/northwind/aurora-chat?tab=pricing"),
    Shot("playground", "customer", "/market/northwind/aurora-chat?tab=playground", _run, "[data-tabs]"),
    Shot("usage", "customer", "/usage", begins_at="#in-all"),
    Shot("log", "customer", "/request-logs/{call}", begins_at="main .panel"),
    Shot("wallet", "customer", "/wallet"),
    Shot("seller", "seller", "/seller/services"),
)
