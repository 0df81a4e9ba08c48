"""The fake's objects, parameters and errors against the types of Stripe's own library."""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
import stripe as library
from stripe._api_version import _ApiVersion
from stripe._error_object import ErrorObject

from tests.fakes.stripe import routing, shapes, tour
from tests.fakes.stripe.fake import FakeStripe
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.routing import Request
from tests.fakes.stripe.world import API_VERSION

#: The library's name for what an endpoint takes, where it does not follow from the address.
_PARAMS_OF = {
    "GET /v1/account": "AccountRetrieveCurrentParams",
    "POST /v1/transfers/{id}/reversals": "TransferReversalCreateParams",
    "GET /v1/transfers/{id}/reversals": "TransferReversalListParams",
    "GET /v1/customers/{id}/payment_methods": "CustomerPaymentMethodListParams",
    "GET /v1/customers/{id}/payment_methods/{method}": "CustomerPaymentMethodRetrieveParams",
    "GET /v1/balance": "BalanceRetrieveParams",
}


Answer = tuple[Request, int, Any]


@pytest.fixture(scope="module")
def toured() -> Iterator[FakeStripe]:
    """A fake of its own, after the tour; `answers` holds what it answered."""
    fake = FakeStripe()
    fake.start()
    handle, fake.answers = fake._api.handle, []

    def recording(request: Request) -> Any:
        status, body, headers = handle(request)
        fake.answers.append((request, status, json.loads(json.dumps(body))))
        return status, body, headers

    fake._api.handle = recording
    client = library.StripeClient(fake.secret_key, base_addresses={"api": fake.url}, max_network_retries=0)
    tour.go(client, fake)
    yield fake
    fake.stop()


@pytest.fixture
def answers(toured: FakeStripe) -> list[Answer]:
    """Everything that the fake answered on the tour, as (request, status, body)."""
    return toured.answers


#: Where the library keeps what the endpoints of a folder take.
_PACKAGES = {
    "/v1/checkout/": "stripe.params.checkout",
    "/v1/billing_portal/": "stripe.params.billing_portal",
    "/v1/": "stripe.params",
}
_RESOURCES = (
    "_account",
    "_balance",
    "_charge",
    "_customer",
    "_dispute",
    "_event",
    "_payment_intent",
    "_payment_method",
    "_refund",
    "_session",
    "_setup_intent",
    "_transfer",
)


class TestObjects:
    def test_have_the_version_that_the_library_pins(self):
        assert _ApiVersion.CURRENT == API_VERSION

    def test_of_every_answer_and_event_fit_the_librarys_types(self, toured, answers):
        found = {problem for _, status, body in answers if status == 200 for problem in shapes.problems(body)} | {
            problem for event in toured.events() for problem in shapes.problems(event)
        }

        assert sorted(found) == []

    def test_of_every_error_fit_the_librarys_types(self, answers):
        errors = [body["error"] for _, status, body in answers if status != 200]

        assert {error["type"] for error in errors} == {"card_error", "invalid_request_error"}
        assert [problem for error in errors for problem in shapes.problems_of(error, ErrorObject)] == []

    def test_are_seen_in_every_kind_and_from_every_endpoint(self, toured, answers):
        kinds = {row["object"] for row in toured.world.tables.all()}
        asked = {_endpoint(request) for request, _, _ in answers}

        assert len(kinds) == 14
        assert asked == {f"{method} {pattern.pattern}" for method, pattern, _ in routing._ENDPOINTS}

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"amount": "100"}, "refund.amount: '100' is no int"),
            ({"amount": True}, "refund.amount: True is no int"),
            ({"colour": "red"}, "refund.colour: the library does not know it"),
            ({"reason": "whim"}, "refund.reason: 'whim' is none of"),
            ({"metadata": {"a": 1}}, "refund.metadata.a: 1 is no str"),
            ({"destination_details": {}}, "refund.destination_details.type: missing"),
            ({"charge": {"object": "charge"}}, "refund.charge"),
        ],
    )
    def test_that_do_not_fit_are_found(self, answers, change, told):
        refund = next(body for _, _, body in answers if body.get("object") == "refund")

        assert shapes.problems({**refund, **change})[0].startswith(told)

    def test_that_lack_a_required_field_are_found(self, answers):
        refund = next(body for _, _, body in answers if body.get("object") == "refund")

        assert shapes.problems({name: refund[name] for name in refund if name != "created"}) == [
            "refund.created: missing"
        ]


class TestParameters:
    def test_that_an_endpoint_takes_are_in_the_library(self, answers):
        unknown = {
            f"{_endpoint(request)}: {name}"
            for request, _, _ in answers
            for name in _unknown(request.params, _params_class(request))
        }

        assert unknown == set()

    def test_that_it_does_not_take_are_refused(self, client):
        with pytest.raises(library.InvalidRequestError) as refused:
            client.v1.customers.create({"nome": "A"})

        assert (refused.value.code, refused.value.param) == ("parameter_unknown", "nome")


def _endpoint(request: Request) -> str:
    for method, pattern, _ in routing._ENDPOINTS:
        if method == request.method and pattern.fullmatch(request.path):
            return f"{method} {pattern.pattern}"
    raise AssertionError(request.path)


def _params_class(request: Request) -> type:
    """Return the TypedDict in which the library describes what this endpoint takes."""
    pattern = _endpoint(request).replace("([^/]+)", "{}")
    named = {re.sub(r"\{\w+\}", "{}", known): name for known, name in _PARAMS_OF.items()}
    wanted = named.get(pattern) or _usual_name(pattern)
    package = next(package for folder, package in _PACKAGES.items() if request.path.startswith(folder))
    (found,) = {getattr(module, wanted) for module in _modules(package) if hasattr(module, wanted)}
    return found


def _usual_name(pattern: str) -> str:
    method, path = pattern.split(" ")
    *folders, last = path.removeprefix("/v1/").split("/")
    if last == "{}":
        verb, resource = ("Retrieve" if method == "GET" else "Update"), folders[-1]
    elif folders[-1:] == ["{}"]:
        verb, resource = last.capitalize(), folders[-2]
    else:
        verb, resource = ("List" if method == "GET" else "Create"), last
    singular = "".join(word.capitalize() for word in resource.removesuffix("s").split("_"))
    return f"{singular}{verb}Params"


@functools.cache
def _modules(package: str) -> list[Any]:
    """Return the library's modules of parameters, without its many that are none of these resources."""
    folder = importlib.import_module(package)
    return [
        importlib.import_module(f"{package}.{found.name}")
        for found in pkgutil.iter_modules(folder.__path__)
        if found.name.startswith(_RESOURCES)
    ]


def _unknown(params: Params, described: type, path: str = "") -> list[str]:
    """Return the names that the fake takes and the library does not have, inner tables included."""
    names = described.__annotations__
    found = [f"{path}{name}" for name in params.known if name not in names]
    for name, inner in params.inner.items():
        model = _inner_class(described, name.partition("[")[0])
        if model is not None:
            found += _unknown(inner, model, f"{path}{name}.")
    return found


def _inner_class(described: type, name: str) -> type | None:
    camel = "".join(word.capitalize() for word in name.split("_"))
    module = importlib.import_module(described.__module__)
    singular = f"{described.__name__}{camel.removesuffix('s')}"
    return getattr(module, f"{described.__name__}{camel}", None) or getattr(module, singular, None)
