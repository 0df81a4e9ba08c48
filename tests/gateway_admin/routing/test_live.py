"""What was named through the control plane, called through a gateway on the same database, by the released client."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from unitysvc import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from gateway_admin.schedules.models import Schedule
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service, ServiceGroup
from marketplace.catalog.services import membership
from marketplace.enrollments import services as enrollments
from tests.factories.billing import NOON, funded_wallet
from tests.factories.marketplace import make_service
from tests.fakes.upstream import Wait, answer, json_answer
from tests.gateway_admin.routing.live import Live, live

BODY = {"model": "m", "messages": []}
CHEAP = {"list_price": {"type": "constant", "price": "0.0001"}}


@pytest.fixture
def gate(customer: Team, tmp_path) -> Iterator[Live]:
    funded_wallet("10", team=customer)
    with live(tmp_path) as made:
        yield made


@pytest.fixture
def offer(gate: Live) -> Callable[..., Service]:
    def offered(name: str, **changes: Any) -> Service:
        offering = gate.offering(name, **changes.pop("offering", {}))
        return make_service(
            namespace=name, offering=offering, listing={**CHEAP, **changes.pop("listing", {})}, **changes
        )

    return offered


@pytest.fixture
def key(customer: Team) -> str:
    return api_keys.issue(team=customer, role=Role.OWNER, name="program", by=None, now=NOON)[1]


@pytest.fixture
def client(gate: Live, key: str, live_server, settings) -> Iterator[Client]:
    settings.API_GATEWAY_BASE_URL = gate.url
    with Client(key, base_url=f"{live_server.url}/v1", api_base_url=gate.url) as made:
        yield made


def until(done: Callable[[], Any], seconds: float = 5) -> Any:
    """Return what `done` returns once it is true."""
    ends = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.02)
    return found


def told(response: httpx.Response) -> Any:
    assert response.status_code in {200, 202}, response.text
    return response.json()


class TestTheReleasedClient:
    @pytest.fixture
    def named(self, client, offer, customer) -> dict[str, Any]:
        """One of everything that can be called, as the client's own objects where it has them."""
        one, two = offer("one"), offer("two")
        needs = offer("code", listing={"service_options": {"enrollment": {"required": True}}})
        enrolled = enrollments.enroll(team=customer, service=needs, by=None, parameters={}, now=NOON)
        client.aliases.create({"name": "llm", "target_path": "p/one/chat"})
        pool = client.groups.create(name="pool")
        pool.add_member(service_id=one.pk)
        step = {"name": "first", "target_path": "p/one/chat", "sort_order": 1}
        chain = client.chains.create(name="work", steps=[step])
        targets = [{"name": each, "target_path": f"p/{each}/chat"} for each in ("one", "two")]
        return {
            "p": client.services.get(one.pk),
            "other": client.services.get(two.pk),
            "g": pool,
            "c": chain,
            "b": client.broadcasts.create(name="both", targets=targets),
            "a": "a/llm",
            "e": f"e/{enrolled.code}",
        }

    def test_calls_each_kind_of_target(self, client, gate, named):
        for letter in "pgc":
            assert told(named[letter].dispatch(json=BODY)) == {"from": "one"}, letter
        for path, name in ((named["a"], "one"), (named["e"], "code")):
            assert told(client.dispatch(path, json=BODY)) == {"from": name}
        results = told(named["b"].dispatch(json=BODY))["results"]
        assert [(each["name"], each["body"]) for each in results] == [
            ("one", {"from": "one"}), ("two", {"from": "two"}),
        ]  # fmt: skip
        assert told(client.services.dispatch(named["p"].id, path="deep", json=BODY)) == {"from": "one"}
        assert gate.asked("one")[-1].target == "/one/deep"
        assert told(client.groups.dispatch("pool", path="deep", json=BODY)) == {"from": "one"}

    def test_wraps_each_of_its_objects_twice(self, client, named):
        """Every pair of wrappers on a service, a group, a chain and a broadcast as the client makes them."""
        other = named["other"]
        wrappers: dict[str, Callable[[Any], Any]] = {
            "l": lambda target: target.logged(_complete=True),
            "m": lambda target: target.cached(_ttl="5m"),
            "f": lambda target: target.with_failover(other),
            "t": lambda target: target.with_tee(other.cached(_ttl="5m")),
            "d": lambda target: target.delayed(_in="1h"),
            "r": lambda target: target.recurrent(_every="1h"),
        }
        for letter in "pgcb":
            for inner, outer in itertools.permutations(wrappers, 2):
                response = wrappers[outer](wrappers[inner](named[letter])).dispatch(json=BODY)
                later = {inner, outer} & {"d", "r"}
                expected = 400 if later == {"d", "r"} else 202 if later else 200
                assert response.status_code == expected, (letter, inner, outer, response.text)

    def test_fetches_the_answers_of_an_asynchronous_broadcast(self, client, named):
        named["b"].update(mode="async")
        tasks = until(lambda: (r := named["b"].dispatch(json=BODY)).status_code == 202 and told(r)["tasks"])
        for task in tasks:
            done = until(
                lambda task=task: (
                    (r := client.dispatch(f"b/tasks/{task['task_id']}", method="GET")).status_code == 200 and told(r)
                )
            )
            assert (done["status"], done["result"]["body"]) == ("done", {"from": task["name"]})

    def test_registers_calls_for_later(self, client, named):
        path = named["p"].cached(_ttl="1h").recurrent(_every="5m").path
        registered = told(client.dispatch(f"{path}?_name=probe", json=BODY))
        kept = Schedule.objects.get(pk=registered["id"])
        assert (kept.name, kept.path) == ("probe", f"/m/{named['p'].path}?_ttl=1h")
        assert registered["schedule"] == {"schedule_type": "interval", "interval_seconds": 300}

    def test_resolves_to_what_is_called(self, client, named):
        for path in ("g/pool", "a/llm"):
            chosen = client.resolve(path=path).selected.service_name
            assert client.dispatch(path, json=BODY).headers["x-usvc-service"] == chosen == "one/chat"

    def test_falls_back_and_pays_for_the_answer(self, client, gate, named):
        gate.scripts["one"] = answer(b"", status=503)
        response = named["p"].with_failover(named["other"]).dispatch(json=BODY)
        assert (told(response), response.headers["x-usvc-failed"]) == ({"from": "two"}, "one/chat 503")


class TestAGroupWithARule:
    @pytest.fixture
    def pool(self, transactional_db) -> ServiceGroup:
        group = ServiceGroup.objects.create(
            owner=None,
            name="pool",
            display_name="The pool",
            status="active",
            expression="'pool' in tags",
            routing_policy={"strategy": "weighted_random"},
        )
        membership.publish(group)
        return group

    def test_follows_the_catalogue(self, client, offer, pool, customer):
        def answering() -> set[str]:
            responses = [client.dispatch("g/pool", json=BODY) for _ in range(6)]
            return {told(each)["from"] for each in responses if each.status_code == 200}

        def models() -> list[str]:
            return [each["id"] for each in told(client.dispatch("g/pool/models", method="GET"))["data"]]

        assert client.dispatch("g/pool", json=BODY).status_code == 503
        first = offer("first", offering={"tags": ["pool"]})
        until(lambda: answering() == {"first"})
        offer("elsewhere", offering={"tags": ["other"]})
        offer("second", offering={"tags": ["pool"]})
        until(lambda: answering() == {"first", "second"})  # no click of the customer's in between
        catalog.suspend(service=first, reason="Stopped.", by=None, now=NOON)
        until(lambda: models() == ["second/chat"])  # of six calls all may go to the second by chance, too
        assert answering() == {"second"}


class TestASwitchUnderLoad:
    def test_loses_none_of_200_calls_in_flight_over_many_switches(self, client, gate, offer, key):
        names = ("one", "two", "three")
        for name in names:
            offer(name)
            gate.scripts[name] = [Wait(0.05), *json_answer({"from": name})]
            client.aliases.create({"name": "llm", "target_path": f"p/{name}/chat"})
        until(lambda: client.dispatch("a/llm", json=BODY).status_code == 200)
        stop, answers, switches = threading.Event(), Counter[str](), 0

        async def load() -> None:
            limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
            headers = {"authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=gate.url, headers=headers, limits=limits, timeout=120) as http:

                async def caller() -> None:
                    while not stop.is_set():
                        response = await http.post("/a/llm", json=BODY)
                        answers[response.json()["from"] if response.status_code == 200 else response.text] += 1

                await asyncio.gather(*(caller() for _ in range(200)))

        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(lambda: asyncio.run(load()))
            for _ in range(7):
                leads_to = client.aliases.switch("llm").alias.target_path.split("/")[1]
                before = answers[leads_to]
                switches += 1
                until(lambda to=leads_to, seen=before: loading.done() or answers[to] > seen + 10, 120)
            stop.set()
            loading.result(120)
        assert switches == 7
        assert set(answers) == set(names), answers
        assert len(gate.upstream.requests) >= sum(answers.values())
