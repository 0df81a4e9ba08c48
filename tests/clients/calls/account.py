"""Files, preferences, request logs, and the client itself."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from unitysvc.exceptions import NotFoundError, PermissionError, ValidationError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import CHAT, World, question, reply, until


@covers("Client.from_env", "Client.close")
async def a_client_from_the_environment(client: Driven, world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("UNITYSVC_API_KEY", "UNITYSVC_API_URL", "UNITYSVC_API_BASE_URL"):
            patch.setenv(name, world.marketplace.demo[name])
        made = await client.from_env()
    assert "all_services" in {each.name for each in (await made.groups.list()).data}
    assert reply(await made.dispatch(f"p/{CHAT}/chat/completions", json=question("hello"))) == "Echo: hello"
    await (made.close if hasattr(made.inner, "close") else made.aclose)()


@covers("Files.upload", "Files.list", "Files.download_url", "Files.download")
async def a_file_that_goes_up_and_comes_down(client: Driven, world: World) -> None:
    report, folder = world.folder / "q2.txt", world.name("reports")
    report.write_text("vermilion")
    assert await client.files.upload(report, folder) == f"{folder}/q2.txt"
    (kept,) = (await client.files.list(folder)).objects
    assert (kept.key, kept.size) == (f"{folder}/q2.txt", 9)
    root = await client.files.list()
    assert (f"{folder}/" in root.common_prefixes, root.shared_enabled) == (True, False)
    address = await client.files.download_url(kept.key, expires_in=60)
    assert (httpx.get(address.url).text, address.expires_in) == ("vermilion", 60)
    assert (await client.files.download(kept.key, world.folder / "down.txt")).read_text() == "vermilion"
    with pytest.raises(NotFoundError):
        await client.files.download_url(f"{folder}/q3.txt")
    with pytest.raises(PermissionError):
        await client.files.upload(report, scope="shared")


@covers("Preferences.list", "Preferences.get", "Preferences.set", "Preferences.clear", "Preferences.set_ai",
        "Preferences.set_notification", "Preferences.set_request_log_mode")  # fmt: skip
async def preferences_of_the_account(client: Driven, world: World) -> None:
    listed = {each.name: each for each in (await client.preferences.list()).data}
    assert set(listed) == {"ai", "notification", "request-log"}
    assert (listed["ai"].account.type_, listed["ai"].can_edit) == ("customer", True)
    assert (await client.preferences.set_ai(CHAT)).effective.service == CHAT
    assert (await client.preferences.get("ai")).value.service == CHAT
    assert (await client.preferences.set_notification(CHAT)).value.service == CHAT
    assert (await client.preferences.set_request_log_mode("complete")).value == "complete"
    assert (await client.preferences.set("request-log", "truncated")).effective == "truncated"
    for name in listed:
        cleared = await client.preferences.clear(name)
        assert (cleared.value, cleared.source) == (None, "default")
    with pytest.raises(ValidationError):
        await client.preferences.set_ai("nobody/nothing")


@covers("RequestLogs.list", "RequestLogs.get")
async def what_was_asked_and_answered(client: Driven, world: World) -> None:
    words = world.name("remember")
    path = f"/l/p/{CHAT}/chat/completions"
    reply(await client.dispatch(f"{path[1:]}?_complete=", json=question(words)))

    async def logged() -> list[str]:
        page = await client.request_logs.list(user_request_path=path, status_min=200, status_max=299, limit=10)
        details = [await client.request_logs.get(each.log_id) for each in page.items]
        return [each for each in details if words in str(each.user_request.body)]

    (detail,) = await until(logged, bool)
    assert (detail.user_request.method, detail.upstream_response.status_code) == ("POST", 200)
    assert detail.upstream_response.body["choices"][0]["message"]["content"] == f"Echo: {words}"
    assert detail.usage_event.usage_metrics["output_tokens"] == 2
    assert (await client.request_logs.list(service_id=uuid4())).items == []
    with pytest.raises(NotFoundError):
        await client.request_logs.get(uuid4())
