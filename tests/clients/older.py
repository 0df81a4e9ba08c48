"""What a program written for the client 0.1.22 does, run by the interpreter of its environment. Prints what it called.

Every method of the client and of its managers, waiting ("sync") or asynchronous ("async"); those of the objects that
they return are the same calls.
"""

import asyncio
import inspect
import json
import os
import pathlib
import secrets
import sys
import tempfile
import time

from unitysvc import AsyncClient, Client
from unitysvc.exceptions import NotFoundError

EVERY = {"schedule_type": "interval", "interval_seconds": 600}
MANAGERS = ("aliases", "broadcasts", "chains", "enrollments", "files", "groups", "recurrent_requests", "request_logs",
            "secrets", "services")  # fmt: skip
called = set()
loop = asyncio.new_event_loop()


class Noted:
    """An object whose methods are noted when they are called."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name in MANAGERS and isinstance(self._inner, Client | AsyncClient):
            return Noted(found)
        called.add(f"{type(self._inner).__name__}.{name}")
        return lambda *values, **named: awaited(found(*values, **named))


class Opened:
    """An asynchronous stream, for those who wait."""

    def __init__(self, stream):
        self._stream = stream

    def __enter__(self):
        return loop.run_until_complete(self._stream.__aenter__())

    def __exit__(self, *raised):
        loop.run_until_complete(self._stream.__aexit__(*raised))


def awaited(told):
    """Return what comes of a call of either client."""
    if inspect.isawaitable(told):
        told = loop.run_until_complete(told)
    return Opened(told) if hasattr(told, "__aenter__") and not isinstance(told, AsyncClient) else told


def surface(client):
    """Return the methods of a client and of its managers."""
    parts = [client, *(getattr(client, name) for name in MANAGERS)]
    return {
        f"{type(part).__name__}.{name}"
        for part in parts
        for name, _ in inspect.getmembers(type(part), inspect.isroutine)
        if name[0] != "_"
    }


def until(ask, is_there, seconds=300):
    deadline = time.monotonic() + seconds
    while not is_there(told := ask()):
        assert time.monotonic() < deadline, f"it did not come: {told}"
        time.sleep(0.2)
    return told


def unique(what):
    return f"{what}-{secrets.token_hex(3)}"


def main(kind, key, url, chat, topics):
    question = {"model": "aurora-large", "messages": [{"role": "user", "content": "hello"}]}
    path = "p/northwind/aurora-chat"
    plain = {"sync": Client, "async": AsyncClient}[kind](key, base_url=f"{url}/v1")
    client = Noted(plain)

    assert client.dispatch(f"{path}/chat/completions", json=question).status_code == 200
    assert str(client.resolve(path=path, routing_key={"model": "aurora-large"}).selected.service_id) == chat

    assert str(client.services.get(chat).id) == chat
    assert client.services.interfaces(chat)[0].base_url.startswith(url)
    assert client.services.access_plan(chat).channels[0].name == "primary"
    example = client.services.documents(chat, category="code_example", include_content=True).documents[0]
    assert client.services.document(chat, example.id).documents[0].content
    assert client.services.dispatch(chat, path="chat/completions", json=question).status_code == 200
    with client.services.stream(chat, path="chat/completions", json={**question, "stream": True}) as stream:
        assert stream.status_code == 200
    made = client.services.schedule(chat, recurrence=EVERY, path="chat/completions", json=question)

    assert client.recurrent_requests.get(made.id).id == made.id
    assert made.id in {each.id for each in client.recurrent_requests.list().data}
    assert client.recurrent_requests.update(made.id, {"status": "paused"}).status == "paused"
    client.recurrent_requests.trigger(made.id)
    client.recurrent_requests.delete(made.id)
    body = {"request_path": f"{path}/chat/completions", "body_template": question, "name": unique("probe")}
    client.recurrent_requests.delete(client.recurrent_requests.create(body).id)

    name = unique("TOKEN").upper().replace("-", "_")
    assert client.secrets.set(name, "hidden").value is None
    assert client.secrets.get(name).name in {each.name for each in client.secrets.list().data}
    client.secrets.delete(name)

    alias = client.aliases.create({"name": unique("llm"), "target_path": path})
    assert client.aliases.get(alias.id).target_path == path
    assert client.aliases.update(alias.id, {"description": "x"}).description == "x"
    assert client.aliases.switch(alias.name).alias.id == alias.id
    assert alias.id in {each.id for each in client.aliases.list().data}
    client.aliases.delete(alias.id)

    pool = client.groups.create(name=unique("pool"))
    client.groups.add_member(pool.id, service_id=chat)
    assert [str(each.service_id) for each in client.groups.members(pool.id)] == [chat]
    assert client.groups.get(pool.name).id == client.groups.get_by_name(pool.name).id == pool.id
    assert pool.id in {each.id for each in client.groups.list(owner="own").data}
    assert client.groups.services("all_services", limit=2).has_more
    until(lambda: client.groups.dispatch(pool.name, path="chat/completions", json=question),
          lambda told: told.status_code == 200)  # fmt: skip
    with client.groups.stream(pool.name, path="chat/completions", json={**question, "stream": True}) as stream:
        assert stream.status_code == 200
    assert client.groups.update(pool.id, display_name="Pool").display_name == "Pool"
    client.groups.remove_member(pool.id, chat)
    client.groups.delete(pool.id)

    step = {"name": "one", "target_path": path, "sort_order": 0}
    chain = client.chains.create(name=unique("chain"), steps=[step])
    added = client.chains.add_step(chain.id, name="two", target_path=path, sort_order=1)
    assert client.chains.update_step(chain.id, added.id, timeout_ms=900).timeout_ms == 900
    client.chains.remove_step(chain.id, added.id)
    assert [each.name for each in client.chains.replace_steps(chain.id, [step]).steps] == ["one"]
    assert client.chains.get(chain.id).name in {each.name for each in client.chains.list().data}
    assert client.chains.update(chain.id, description="x").description == "x"
    client.chains.delete(chain.id)

    target = {"name": "one", "target_path": path}
    cast = client.broadcasts.create(name=unique("cast"), targets=[target])
    added = client.broadcasts.add_target(cast.id, name="two", target_path=path, sort_order=1)
    client.broadcasts.remove_target(cast.id, added.id)
    assert [each.name for each in client.broadcasts.replace_targets(cast.id, [target]).targets] == ["one"]
    assert client.broadcasts.get(cast.id).name in {each.name for each in client.broadcasts.list().data}
    assert client.broadcasts.update(cast.id, description="x").description == "x"
    client.broadcasts.delete(cast.id)

    asked = client.enrollments.create(service_id=topics)
    enrolled = until(lambda: client.enrollments.get(asked.id), lambda each: each.status != "pending")
    assert enrolled.status == "active"
    assert enrolled.id in {each.id for each in client.enrollments.list().data}
    client.enrollments.cancel(enrolled.id)

    report = pathlib.Path(tempfile.mkdtemp()) / "report.txt"
    report.write_text("vermilion")
    kept = client.files.upload(report, unique("older"))
    assert kept in {each.key for each in client.files.list(kept.rpartition("/")[0]).objects}
    assert client.files.download_url(kept).url
    assert client.files.download(kept, report.with_name("down.txt")).read_text() == "vermilion"

    client.request_logs.start()
    client.dispatch(f"l/{path}/chat/completions", json=question)
    (row,) = until(lambda: client.request_logs.list(limit=1).items, bool)
    assert client.request_logs.get(row.log_id).user_request.method
    client.request_logs.stop()
    try:
        client.secrets.get(name)
        raise AssertionError("a secret that was deleted is still there")
    except NotFoundError:
        pass
    os.environ.update(UNITYSVC_API_KEY=key, UNITYSVC_API_URL=f"{url}/v1")
    own = Noted(client.from_env())
    for each in (own, client):
        each.close() if kind == "sync" else each.aclose()
    print(json.dumps({"called": sorted(called & surface(plain)), "surface": sorted(surface(plain))}))


main(*sys.argv[1:])
