"""Documents: read, run, reported."""

from __future__ import annotations

from typing import Any

import pytest
from unitysvc_sellers.exceptions import NotFoundError, ValidationError

from tests.clients.driven import Driven
from tests.clients.sellers.shop import Shop, uploaded
from tests.clients.table import SELLERS


async def document(client: Driven, service: str, title: str) -> tuple[str, str]:
    """Return the ids of a document and of the service's interface."""
    told: dict[str, Any] = await (await client.services.get(service)).to_dict()
    (found,) = [each["id"] for each in told["documents"] if each["title"] == title]
    return str(found), str(told["interfaces"][0]["id"])


@SELLERS.covers("Documents.get", "Documents.execute", "Documents.update_test", "Documents.test_details")
async def a_script_that_ran_on_the_sellers_machine(client: Driven, shop: Shop) -> None:
    service = await uploaded(client, shop, shop.name("pictures"))
    example, interface = await document(client, service, "Python example")
    shown = await client.documents.get(example[:8])
    assert (str(shown.id), shown.title, shown.file_content) == (example, "Python example", "print('A picture')\n")

    cell = {"status": "script_failed", "exit_code": 7, "stdout": "out", "stderr": "err", "error": "no route"}
    body = {"status": "script_failed", "tests": {interface: cell}}
    told = await client.documents.update_test(example, body)
    assert (str(told.document_id), told.status) == (example, "script_failed")
    detail = await client.documents.test_details(example, interface_id=interface)
    assert (detail.exit_code, detail.stdout, detail.stderr, detail.expired) == (7, "out", "err", False)
    with pytest.raises(NotFoundError):
        await client.documents.test_details(example, interface_id=example)

    assert (await client.documents.update_test(example, {"status": "skip"})).status == "skip"
    with pytest.raises(ValidationError, match="skip"):
        await client.documents.execute(example)
    assert (await client.documents.update_test(example, {"status": "pending"})).status == "pending"
    queued = await client.documents.execute(example)
    done = (await client.tasks.wait(queued.task_id, poll_interval=0.05))[queued.task_id]
    assert [each["document_title"] for each in done["result"]["results"]] == ["Python example"]

    connectivity, _ = await document(client, service, "Connectivity test")
    with pytest.raises(ValidationError, match="never skipped"):
        await client.documents.update_test(connectivity, {"status": "skip"})
