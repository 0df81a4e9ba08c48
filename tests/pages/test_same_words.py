"""What somebody did wrong is said in the same words by the page and by the API: both ask one service."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.architecture.people import taken_back
from tests.factories.belongings import Belongings
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db
Json = dict[str, Any]
STEP = {"name": "s", "target_path": "p/one"}
CALL = {"method": "POST", "path": "p/one", "match": "contains", "cadence": "interval", "every": "10", "unit": "60"}


class Case(NamedTuple):
    """One mistake, made on both sides. Words such as {alias} stand for what is there."""

    page: str
    form: Json
    method: str
    api: str
    body: Any
    whose: str = "buyer"


def parts(kind: str, *rows: Json) -> Json:
    """Return rows as a form sends them. kind: "steps" or "targets"."""
    ends = {"on_success": "continue", "on_failure": "relay"} if kind == "steps" else {}
    found = {
        f"{kind}-{place}-{name}": value for place, row in enumerate(rows) for name, value in {**ends, **row}.items()
    }
    return {f"{kind}-TOTAL_FORMS": str(len(rows)), f"{kind}-INITIAL_FORMS": "0", **found}


def alias(**wrong: Any) -> Case:
    said = {"name": "fresh", "target_path": "p/one", **wrong}
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
    return Case("/aliases/new", form, "POST", "/v1/aliases/", said)


def collection(name: str) -> Case:
    return Case("/collections/new", {"name": name, "policy": "weighted_random"}, "POST", "/v1/groups", {"name": name})


def chain(name: str, *steps: Json) -> Case:
    form = {"name": name, "default_timeout_ms": "10000", "enabled": "on", **parts("steps", *steps)}
    body = {"name": name, "steps": [{"sort_order": place, **step} for place, step in enumerate(steps)]}
    return Case("/chains/new", form, "POST", "/v1/chains/", body)


def broadcast(name: str, *targets: Json, **more: Any) -> Case:
    said = {"mode": "sync", "policy": "any", "quorum": 1, "target_timeout_ms": 30_000, **more}
    form = {"name": name, "enabled": "on", **said, **parts("targets", *targets)}
    return Case("/broadcasts/new", form, "POST", "/v1/broadcasts/", {"name": name, "targets": list(targets), **said})


def call_later(**wrong: str) -> Case:
    """What is wrong with the call itself: named on the page as in the API, but for the words of COLUMNS there."""
    names = {"path": "request_path", "method": "http_method"}
    body = {"request_path": "p/one", **{names.get(name, name): value for name, value in wrong.items()}}
    return Case("/schedules/new", {**CALL, **wrong}, "POST", "/v1/recurrent-requests/", body)


def cadence(form: Json, schedule: Json) -> Case:
    """What is wrong with when: the API starts what is there."""
    return Case("/schedules/{schedule}/edit", {**CALL, **form}, "PATCH", "/v1/recurrent-requests/{schedule}",
                {"schedule": schedule})  # fmt: skip


def secret(name: str, whose: str = "buyer", value: str = "v") -> Case:
    root = "/v1" if whose == "buyer" else "/v1/seller"
    form = {"name": name, "kind": "secret", "value": value}
    return Case("/secrets/new", form, "PUT", f"{root}/secrets/{name}", {"value": value}, whose)


def promotion(file: Json) -> Case:
    form = {"text": json.dumps(file)}
    return Case("/seller/promotions/upload", form, "PUT", "/v1/seller/promotions", file, "seller")


def group(expression: str = "", **wrong: Any) -> Case:
    said = {"name": "fresh", "display_name": "Fresh", **wrong}
    form = {**said, "status": "draft", "expression": expression}
    rule = {"membership_rules": {"expression": expression}} if expression else {}
    body = {**said, "status": "draft", **rule}
    return Case("/seller/groups/new", form, "PUT", "/v1/seller/service-groups", body, "seller")


CASES = {
    "an alias whose name cannot be called": alias(name="No Name"),
    "an alias whose name is reserved": alias(name="models"),
    "an alias to nowhere": alias(target_path="x"),
    "an alias with a key of no plain values": alias(request_routing_key={"model": {"deep": 1}}),
    "an alias that is led to nowhere": Case(
        "/aliases/{alias}", {"target_path": "x"}, "PATCH", "/v1/aliases/{alias}", {"target_path": "x"}
    ),
    "a file that leads out of its folder": Case(
        "/files/upload", {"file": SimpleUploadedFile("a.txt", b"x"), "folder": "../out"}, "POST",
        "/v1/files/upload", {"filename": "a.txt", "size": 1, "path": "../out", "scope": "shared"},
    ),
    "a group whose name cannot be called": collection("Tools!"),
    "a group whose name is taken": collection("vermilion-tools"),
    "a chain whose name cannot be called": chain("A B", STEP),
    "a chain whose name is taken": chain("vermilion-chain", STEP),
    "a chain with a step to nowhere": chain("fresh", {**STEP, "target_path": "x"}),
    "a chain with two steps of one name": chain("fresh", STEP, STEP),
    "a chain that leads back": chain("fresh", {**STEP, "on_success": "s"}),
    "a broadcast whose name is taken": broadcast("vermilion-broadcast", STEP),
    "a broadcast with a target to nowhere": broadcast("fresh", {**STEP, "target_path": "x"}),
    "a broadcast with two targets of one name": broadcast("fresh", STEP, STEP),
    "a scheduled call to nowhere": call_later(path="x"),
    "a scheduled call that expects no status": call_later(expected_status="fine"),
    "a schedule that cannot be read": cadence(
        {"cadence": "cron", "cron_expression": "99 * * * *"}, {"schedule_type": "cron", "cron_expression": "99 * * * *"}
    ),
    "a secret whose name is none": secret("small"),
    "a seller's secret whose name is none": secret("small", "seller"),
    "a secret whose name is the platform's": secret("__TOKEN"),
    "an enrollment with parameters that are none": Case(
        "/enrollments/new/{service}", {"parameters~state": "present", "parameters/city": "x" * 90},
        "POST", "/v1/enrollments/", {"service_id": "{service}", "parameters": {"city": "x" * 90}},
    ),
    "a path that cannot be tested": Case("/resolve", {"path": "x"}, "POST", "/v1/resolve", {"path": "x"}),
    "a promotion without a price": promotion({"name": "fresh", "pricing": {"type": "nothing"}}),
    "a promotion for nobody": promotion(
        {"name": "fresh", "pricing": {"type": "multiply", "factor": "0.5"}, "scope": {"customers": {"planet": "mars"}}}
    ),
    "a seller's group with a rule that cannot be read": group("status =="),
    "a seller's group whose name cannot be called": group(name="No Name"),
    "a dispute of an invoice that says nothing": Case(
        "/seller/invoices/{invoice}/dispute", {"reason": "billing_error", "text": " "}, "POST",
        "/v1/seller/invoices/{invoice}/dispute", {"reason": "billing_error", "text": " "}, "seller",
    ),
    "a service that cannot be submitted": Case(
        "/seller/services/{own}/submit", {}, "POST", "/v1/seller/services/{own}/submit", {}, "seller"
    ),
    "a member of a group with a key of no plain values": Case(
        "/collections/{collection}/members/{service}", {"weight": "1", "sort_order": "0", "routing_key": '{"a": [1]}'},
        "POST", "/v1/groups/{collection}/members", {"service_id": "{service}", "routing_key": {"a": [1]}},
    ),
    "a payout of nothing": Case("/seller/payouts/request", {}, "POST", "/v1/seller/payouts", {}, "seller"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_page_and_api_say_the_same(owner: Belongings, case: Case):
    place = filler(owner)
    team, key = getattr(owner, case.whose), getattr(owner, f"{case.whose}_key_text")
    program = Client(headers={"Authorization": f"Bearer {key}"})
    with taken_back():
        body = json.dumps(place(case.body))
        told = program.generic(case.method, place(case.api), body, content_type="application/json")
    with taken_back():
        page = visitor(team).post(place(case.page), place(case.form), follow=True)

    assert 400 <= told.status_code < 500, told.content
    shown = words(re.sub(r"<[^>]+>", " ", page.content.decode()))
    said = sentences(told.json())
    assert said
    assert all(said)
    assert [each for each in said if words(each) not in shown] == []


def sentences(error: Json) -> list[str]:
    """Return what an error of the API says. A field that it names in front has its place on the page."""
    detail = error["detail"]
    told = [detail] if isinstance(detail, str) else [each["msg"] for each in detail]
    return [re.sub(r"^[a-z_.]+: ", "", each) for each in told]


def words(text: str) -> str:
    return " ".join(html.unescape(text).split())


def filler(owner: Belongings) -> Callable[[Any], Any]:
    """Return what puts the owner's things in the place of their names."""
    names = {
        "{alias}": owner.alias.pk, "{schedule}": owner.schedule.pk, "{invoice}": owner.invoice.pk,
        "{service}": owner.enrollment.service_id, "{own}": owner.service.pk, "{collection}": owner.collection.pk,
    }  # fmt: skip

    def place(given: Any) -> Any:
        if isinstance(given, dict):
            return {name: place(value) for name, value in given.items()}
        for name, value in names.items():
            given = given.replace(name, str(value)) if isinstance(given, str) else given
        return given

    return place
