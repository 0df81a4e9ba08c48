"""Secrets, aliases and recurrent requests."""

from __future__ import annotations

from unitysvc import Client

from tests.clients.usvc import CommandLine, types
from tests.clients.world import CHAT, OTHER_CHAT, World

MANIFEST = """\
# Who is told
{variable}=me@example.com   # variable
{secret}=${{NOWHERE:-sk-default}}
"""


@types("env")
def what_the_program_picks_up(usvc: CommandLine, client: Client, world: World) -> None:
    key = world.marketplace.key
    lines = [line.strip() for line in usvc("env").splitlines()]
    assert lines[:3] == [
        f"UNITYSVC_API_KEY = {key[:8]}…{key[-4:]}",
        f"UNITYSVC_API_URL = {world.marketplace.url}/v1",
        f"UNITYSVC_API_BASE_URL = {world.marketplace.url}",
    ]


@types("secrets set", "secrets list", "secrets delete", "secrets upload")
def secrets_and_variables(usvc: CommandLine, client: Client, world: World) -> None:
    secret, variable = world.constant("TOKEN"), world.constant("MAIL")
    assert f"set secret {secret}" in usvc("secrets", "set", secret, "--value", "sk-hidden", "-d", "For tests")
    assert f"set variable {variable}" in usvc("secrets", "set", variable, "--value", "old@x", "--variable")
    assert client.secrets.get(secret).description == "For tests"

    manifest = world.folder / ".env.example"
    manifest.write_text(MANIFEST.format(secret=secret, variable=variable))
    assert "would upload 2 secret(s)" in usvc("secrets", "upload", manifest, "--dry-run")
    assert client.secrets.get(variable).value == "old@x"
    told = usvc("secrets", "upload", manifest)
    assert "uploaded 2 secret(s), 1 as variable(s), 1 with a description" in told

    table = usvc("secrets", "list")
    (row,) = [line for line in table.splitlines() if variable in line]
    assert [part.strip() for part in row.strip("│ ").split("│")] == [variable, "variable", "me@example.com", "customer"]
    assert "sk-" not in table
    listed = {each["name"]: each["value"] for each in usvc.told("secrets", "list", "-f", "json")}
    assert listed.items() >= {secret: None, variable: "me@example.com"}.items()
    assert secret in usvc("secrets", "delete", secret, "--yes")
    assert secret not in usvc("secrets", "list")


@types("aliases list", "aliases show", "aliases switch", "aliases delete")
def aliases(usvc: CommandLine, client: Client, world: World) -> None:
    name = world.name("llm")
    first, second = (client.aliases.create({"name": name, "target_path": f"p/{each}"}) for each in (CHAT, OTHER_CHAT))
    (row,) = [line for line in usvc("aliases", "list", "-n", name).splitlines() if str(first.id)[:8] in line]
    assert [part.strip() for part in row.strip("│ ").split("│")][1:] == [name, "routing"]
    shown = usvc.told("aliases", "show", first.id)
    assert (shown["id"], shown["target_path"], shown["is_routing"]) == (str(first.id), f"p/{CHAT}", True)
    switched = usvc.told("aliases", "switch", name, "delta")
    assert (switched["alias"]["id"], switched["demoted_alias_id"]) == (str(second.id), str(first.id))
    assert usvc.told("aliases", "switch", second.id, "--off")["alias"]["is_routing"] is False
    assert "Deleted alias" in usvc("aliases", "delete", first.id, "-y")
    assert [each["id"] for each in usvc.told("aliases", "list", "-n", name, "-f", "json")] == [str(second.id)]
    gone = ("aliases", "list", "-n", name, "--include-deactivated", "-f", "json")
    assert {each["id"] for each in usvc.told(*gone)} == {str(first.id), str(second.id)}


@types("recurrent-requests list", "recurrent-requests show", "recurrent-requests trigger", "recurrent-requests delete",
       "services schedule")  # fmt: skip
def recurrent_requests(usvc: CommandLine, client: Client, world: World) -> None:
    name, chat = world.name("probe"), world.service(CHAT)
    body = '{"model": "aurora-large", "messages": [{"role": "user", "content": "tick"}]}'
    typed = ("services", "schedule", chat, "--interval", "600", "--path", "chat/completions", "--json", body)
    made = usvc.told(*typed, "--name", name)
    assert (made["status"], made["request_path"]) == ("active", f"/p/{CHAT}/chat/completions")
    table = usvc("recurrent-requests", "list", "--service-id", chat, "--status", "active")
    (row,) = [line for line in table.splitlines() if name in line]
    assert "active" in row
    assert "'interval_seconds': 600" in row
    assert usvc.told("recurrent-requests", "show", made["id"])["body_template"]["messages"][0]["content"] == "tick"
    assert "Triggered recurrent request" in usvc("recurrent-requests", "trigger", made["id"])
    with world.marketplace.client() as http:
        (run,) = http.get(f"/v1/recurrent-requests/{made['id']}/runs").json()["data"]
    assert (run["kind"], run["status"], run["response_status"]) == ("manual", "done", 200)
    usvc("recurrent-requests", "delete", made["id"], "-y")
    assert name not in usvc("recurrent-requests", "list")
