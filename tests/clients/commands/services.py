"""Groups, services, enrollments, and the dry run."""

from __future__ import annotations

import json

from unitysvc import Client

from tests.clients.usvc import CommandLine, types
from tests.clients.world import CHAT, FORECAST, World, question

BODY = json.dumps(question("typed"))


@types("groups list", "groups show", "groups services", "groups dispatch")
def groups(usvc: CommandLine, client: Client, world: World) -> None:
    (row,) = [line for line in usvc("groups", "list", "-n", "all").splitlines() if "all_services" in line]
    assert "All services" in row
    shown = usvc.told("groups", "show", "all_services")
    assert (shown["display_name"], shown["owner_type"]) == ("All services", "platform")
    first = usvc.told("groups", "services", "all_services", "--limit", "2", "-f", "json")
    assert (len(first["data"]), first["has_more"]) == (2, True)
    rest = usvc("groups", "services", "all_services", "--cursor", first["next_cursor"])
    assert not {each["name"] for each in first["data"]} & set(rest.split())
    (row,) = [line for line in usvc("groups", "services", "all_services", "--search", "aurora-ch").splitlines()
              if CHAT in line]  # fmt: skip
    assert [part.strip() for part in row.strip("│ ").split("│")][0::3] == [str(world.service(CHAT)), "active"]

    pool = client.groups.create(name=world.name("typed"))
    pool.add_member(service_id=world.service(CHAT))
    done = usvc.typed("groups", "dispatch", pool.name, "--path", "chat/completions", "--json", BODY)
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Echo: typed"
    assert done.stderr == "HTTP 200 OK\n"
    pool.delete()


@types("services show", "services usage", "services interfaces", "services dispatch")
def services(usvc: CommandLine, client: Client, world: World) -> None:
    chat = world.service(CHAT)
    assert usvc.told("services", "show", chat)["name"] == CHAT
    plan = usvc.told("services", "usage", chat)
    assert (plan["enrollment_mode"], [each["selector"] for each in plan["channels"]]) == (
        "disallowed",
        ["@primary", "@messages"],
    )
    listed = usvc.told("services", "interfaces", chat, "-f", "json")
    assert listed[0]["base_url"].startswith(world.marketplace.url)
    assert listed[0]["base_url"] in usvc("services", "interfaces", chat)

    sent = ("services", "dispatch", chat, "--path", "chat/completions", "-H", "Content-Type: application/json")
    (world.folder / "body.json").write_text(BODY)
    for given in (("--json", BODY), ("--data", "@body.json")):
        done = usvc.typed(*sent, *given)
        assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Echo: typed"
    done = usvc.typed(*sent, "--json", "{}")
    assert (done.returncode, done.stderr) == (0, "HTTP 400 Bad Request\n")


@types("services enroll", "enrollments list", "enrollments show", "enrollments cancel")
def enrollments(usvc: CommandLine, client: Client, world: World) -> None:
    forecast = world.service(FORECAST)
    told = usvc("services", "enroll", forecast, "-p", "city=Bodo", "--parameters", '{"days": 2}')
    (enrolled,) = [each for each in client.enrollments.list(shared=False).data if str(each.id) in told]
    shown = usvc.told("enrollments", "show", enrolled.id, "--no-service-details")
    assert (shown["status"], shown["parameters"]) == ("active", {"city": "Bodo", "days": 2, "units": "metric"})
    assert str(enrolled.id) in usvc("enrollments", "list")
    (row,) = [line for line in usvc("enrollments", "list", "--personal").splitlines() if str(enrolled.id) in line]
    assert [part.strip() for part in row.strip("│ ").split("│")] == [str(enrolled.id), str(forecast), "active"]
    assert "ancel" in usvc("enrollments", "cancel", enrolled.id, "-y")
    assert usvc.told("enrollments", "show", enrolled.id)["status"] == "cancelled"


@types("resolve")
def a_dry_run(usvc: CommandLine, client: Client, world: World) -> None:
    told = usvc.told("resolve", "--path", "p/chat/chat/completions", "--routing-key", '{"model": "aurora-large"}')
    assert (told["selected"]["service_id"], told["selected"]["service_name"]) == (str(world.service(CHAT)), CHAT)
