"""Secrets, files, tasks, and the client itself."""

from __future__ import annotations

import httpx
import pytest
from unitysvc_sellers.exceptions import AuthenticationError, NotFoundError, ValidationError

from tests.clients.driven import Driven
from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.clients.table import SELLERS


@SELLERS.covers("Client.from_env", "Client.close")
async def a_client_from_the_environment(client: Driven, shop: Shop) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shop.environment.items():
            patch.setenv(name, value)
        made = await client.from_env()
        patch.setenv("UNITYSVC_SELLER_API_KEY", "svcpass_wrong")
        stranger = await client.from_env()
    assert goods.SECRET in {each.name for each in (await made.secrets.list()).data}
    with pytest.raises(AuthenticationError):
        await stranger.secrets.list()
    for each in (made, stranger):
        await (each.close if hasattr(each.inner, "close") else each.aclose)()


@SELLERS.covers("Secrets.set", "Secrets.get", "Secrets.list", "Secrets.delete")
async def secrets_that_nobody_reads_and_variables_that_one_does(client: Driven, shop: Shop) -> None:
    secret, variable = shop.constant("TOKEN"), shop.constant("REGION")
    made = await client.secrets.set(secret, "hidden", description="For the upstream")
    assert (made.name, made.sensitive, made.value, made.owner_type) == (secret, True, None, "seller")
    shown = await client.secrets.set(variable, "north", sensitive=False)
    assert (shown.sensitive, shown.value) == (False, "north")
    changed = await client.secrets.set(secret, "new")
    assert (changed.id, changed.description) == (made.id, "For the upstream")
    listed = await client.secrets.list()
    assert {secret: None, variable: "north"}.items() <= {each.name: each.value for each in listed.data}.items()
    assert [each.name for each in (await client.secrets.list(skip=1, limit=1)).data] == [listed.data[1].name]
    assert (await client.secrets.get(variable)).value == "north"
    await client.secrets.delete(secret)
    with pytest.raises(NotFoundError, match="no such secret"):
        await client.secrets.get(secret)
    with pytest.raises(ValidationError):
        await client.secrets.set("lower-case", "x")


@SELLERS.covers("Files.upload", "Files.list", "Files.download_url", "Files.download")
async def a_file_that_goes_up_and_comes_down(client: Driven, shop: Shop) -> None:
    report, folder = shop.folder / "report.txt", shop.name("reports")
    report.write_text("vermilion")
    assert await client.files.upload(report, folder) == f"{folder}/report.txt"
    assert await client.files.upload(report, folder, filename="copy.txt") == f"{folder}/copy.txt"
    listed = await client.files.list(folder)
    assert {each.key: each.size for each in listed.objects} == {f"{folder}/report.txt": 9, f"{folder}/copy.txt": 9}
    first = await client.files.list(folder, max_keys=1)
    assert (len(first.objects), first.is_truncated) == (1, True)
    rest = await client.files.list(folder, continuation_token=first.next_continuation_token)
    assert {first.objects[0].key, rest.objects[0].key} == {each.key for each in listed.objects}
    assert f"{folder}/" in (await client.files.list()).common_prefixes
    address = await client.files.download_url(f"{folder}/copy.txt", expires_in=60)
    assert (httpx.get(address.url).text, address.expires_in) == ("vermilion", 60)
    assert (await client.files.download(f"{folder}/copy.txt", shop.folder / "down.txt")).read_text() == "vermilion"
    with pytest.raises(NotFoundError):
        await client.files.download_url(f"{folder}/nothing.txt")


@SELLERS.covers("Tasks.get", "Tasks.wait", "Services.upload")
async def an_upload_that_is_waited_for(client: Driven, shop: Shop) -> None:
    name = shop.name("pictures")
    queued = await client.services.upload(shop.body(name))
    assert queued.status == "queued"
    unknown = "no-such-task"
    asked = await client.tasks.get(queued.task_id, unknown)
    assert asked[unknown]["status"] not in {"completed", "failed"}
    done = (await client.tasks.wait(queued.task_id, poll_interval=0.05))[queued.task_id]
    assert (done["status"], done["state"], done["result"]["status"]) == ("completed", "SUCCESS", "created")
    assert done["result"]["name"] == f"{shop.seller}/{name}"

    broken = shop.body(shop.name("pictures"))
    broken["data"]["listing_data"]["list_price"] = {"type": "image", "price": "cheap"}
    queued = await client.services.upload(broken)
    failed = (await client.tasks.wait(queued.task_id, poll_interval=0.05))[queued.task_id]
    assert (failed["status"], failed["state"]) == ("failed", "FAILURE")
    assert "list_price" in failed["error"]
