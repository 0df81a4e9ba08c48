"""A new seller with a key, the secret of their upstream, and names that no other call has taken."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import httpx
from unitysvc_sellers import Client

from tests.clients.driven import Driven
from tests.clients.sellers import goods
from tests.journeys.marketplace import Marketplace


class Shop:
    """folder: of the test. name: of the seller, and of their provider. template: the id of an operator's template."""

    def __init__(self, marketplace: Marketplace, folder: Path, *, name: str, key: str, template: str) -> None:
        self.marketplace, self.folder = marketplace, folder
        self.seller, self.key, self.template = name, key, template

    @property
    def url(self) -> str:
        return f"{self.marketplace.url}/v1/seller"

    @property
    def environment(self) -> dict[str, str]:
        """What the package picks up."""
        return {"UNITYSVC_SELLER_API_URL": self.url, "UNITYSVC_SELLER_API_KEY": self.key}

    @property
    def surroundings(self) -> dict[str, str]:
        """What a terminal has beside it."""
        return {**os.environ, "COLUMNS": "400", "NO_COLOR": "1", **self.environment}

    def name(self, what: str) -> str:
        """Return a name that was not given out before."""
        return f"{what}-{secrets.token_hex(3)}"

    def constant(self, what: str) -> str:
        """Return one in the spelling of secrets."""
        return self.name(what).upper().replace("-", "_")

    def body(self, name: str, **listed: Any) -> goods.Json:
        """Return what an upload of pictures sends."""
        return goods.body(self.seller, name, self.marketplace.upstream_port, **listed)

    def write(self, name: str, **offered: Any) -> Path:
        """Write pictures as files into the test's folder."""
        return goods.write(self.folder, self.seller, name, self.marketplace.upstream_port, **offered)

    def client(self) -> Client:
        return Client(self.key, base_url=self.url)

    def has(self, service: str) -> str:
        """Return the status of a service, "" for one that is not there."""
        rows = self.marketplace.rows("SELECT status FROM catalog_service WHERE name = %s", f"{self.seller}/{service}")
        return str(rows[0][0]) if rows else ""

    def paint(self, service: str) -> httpx.Response:
        """Ask for a picture as the demo's customer."""
        with self.marketplace.client() as http:
            asked = {"model": "prism-1", "prompt": "a harbour", "n": 1}
            return http.post(f"/p/{self.seller}/{service}/images/generations", json=asked)


async def uploaded(client: Driven, shop: Shop, name: str, **listed: Any) -> str:
    """Upload pictures, wait, and return the id of their service."""
    queued = await client.services.upload(shop.body(name, **listed))
    done = (await client.tasks.wait(queued.task_id, poll_interval=0.05))[queued.task_id]
    assert done["status"] == "completed", done
    return str(done["result"]["service_id"])
