"""What every endpoint of the JSON APIs must keep to, whoever writes it."""

from __future__ import annotations

from collections.abc import Iterator

from ninja.operation import Operation

from common.idempotency.endpoints import keeping
from config.api_urls import customer_api, seller_api

#: POSTs that make nothing, and may be repeated as they are: {(API, path): why}.
ASKS = {
    ("Customer API", "/resolve"): "says what a call would do",
    ("Customer API", "/files/upload"): "promises to take a file; the same file sent twice is there once",
    ("Seller API", "/files/upload"): "the same",
    ("Seller API", "/service-groups/preview"): "says who would join and leave",
    ("Seller API", "/services/from-template/render"): "says what a template would render to",
    ("Customer API", "/request-logs/start"): "turns a switch",
    ("Customer API", "/request-logs/stop"): "turns it back",
    ("Seller API", "/upload"): "a file is stored under the hash of its content",
}


def operations() -> Iterator[tuple[str, str, Operation]]:
    """Yield (API, path, operation) of every endpoint, at each spelling of its address."""
    for api in (customer_api, seller_api):
        for prefix, router in api._routers:
            for path, view in router.path_operations.items():
                for operation in view.operations:
                    yield api.title, f"{prefix}{path}".rstrip("/"), operation


class TestEveryPost:
    def test_makes_what_it_makes_once_under_one_key(self):
        forgotten = [
            f"{api}: {path}"
            for api, path, operation in operations()
            if "POST" in operation.methods
            and (api, path) not in ASKS
            and keeping not in getattr(operation, "_run_decorators", ())
        ]

        assert forgotten == [], "register them with common.ninja.Endpoints, or say in ASKS why they make nothing"

    def test_that_makes_nothing_is_there(self):
        posts = {(api, path) for api, path, operation in operations() if "POST" in operation.methods}

        assert set(ASKS) - posts == set()


class TestEveryEndpoint:
    def test_answers_at_both_spellings_of_its_address(self):
        """The published clients follow no redirects."""
        spellings: dict[tuple[str, str, str], set[bool]] = {}
        for api in (customer_api, seller_api):
            for prefix, router in api._routers:
                for path, view in router.path_operations.items():
                    for operation in view.operations:
                        for method in operation.methods:
                            place = (api.title, method, f"{prefix}{path}".rstrip("/"))
                            spellings.setdefault(place, set()).add(path.endswith("/"))

        assert {place for place, found in spellings.items() if found != {True, False}} == set()

    def test_is_named_in_the_document_once(self):
        shown = [(api, path, each) for api, path, each in operations() if each.include_in_schema]
        places = [(api, path, method) for api, path, each in shown for method in each.methods]

        assert places
        assert len(places) == len(set(places))
