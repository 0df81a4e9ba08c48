"""What the sellers' published package cannot do by itself is what docs/clients.md says, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.clients.sellers.shop import Shop
from tests.journeys.marketplace import ROOT

pytestmark = pytest.mark.journey
OF_ITS_OWN = ("refresh", "update", "delete", "submit", "mark_pending", "run_tests", "to_dict")


def test_only_what_the_paper_lists_crashes(shop: Shop):
    paper = (ROOT / "docs" / "clients.md").read_text()
    listed = set(re.findall(r"^\| `unitysvc-sellers` [\d.]+ \| `(\S+)`", paper, re.MULTILINE))
    with shop.client() as client:
        queued = client.services.upload(shop.body(shop.name("pictures")))
        done = client.tasks.wait(queued.task_id, poll_interval=0.05)[queued.task_id]
        service = client.services.get(done["result"]["service_id"])
        crashed = set()
        for name in OF_ITS_OWN:
            try:
                getattr(service, name)(*([{}] if name == "update" else []))
            except AttributeError:
                crashed.add(f"Services.get().{name}")
    assert crashed == listed
