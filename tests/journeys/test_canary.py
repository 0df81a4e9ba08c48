"""A secret and a key travel through a call that is kept whole, and are found nowhere afterwards."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest
import redis
from psycopg import sql

from tests.journeys.marketplace import Marketplace
from tests.journeys.visitors import Operator

pytestmark = pytest.mark.journey
NAME, SECRET = "CANARY_KEY", 'canary/7f+"3&d91c=z'
SELLERS = "sellers-canary-52d1e0aa77"
#: Larger than what stands in a row: the body goes in pieces, then into the store of objects.
PADDING = "words of no interest " * 12_000
_PARTS = {
    "provider_data": {
        "name": "canary",
        "display_name": "Canary",
        "contact_email": "canary@example.org",
        "homepage": "https://example.org",
        "time_created": "2026-11-01T00:00:00Z",
        "status": "ready",
    },
    "offering_data": {
        "name": "mirror",
        "display_name": "Mirror",
        "summary": "Answers with what it was sent.",
        "description": "Answers with what it was sent, headers and all.",
        "service_type": "content",
        "currency": "USD",
        "status": "ready",
        "time_created": "2026-11-01T00:00:00Z",
        "payout_price": {"type": "constant", "price": "0.0005"},
    },
    "listing_data": {
        "name": "canary/mirror",
        "display_name": "Mirror",
        "currency": "USD",
        "status": "ready",
        "time_created": "2026-11-01T00:00:00Z",
        "list_price": {"type": "constant", "price": "0.001"},
        "service_options": {"default_visibility": "public"},
        "user_access_interfaces": {
            "api": {"access_method": "http", "base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"}
        },
        "documents": {
            "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"}
        },
    },
}


def test_a_secret_and_a_key_of_a_call_that_is_kept_whole_are_found_nowhere(marketplace):
    _sell_a_mirror(marketplace)
    with closing(_customer(marketplace)) as browser, ThreadPoolExecutor(2) as pool:
        _keep_secret(browser)
        tails = [pool.submit(_tail, marketplace), pool.submit(_page_tail, browser)]
        time.sleep(0.5)  # both have begun to listen
        answer = _call(marketplace)
        request_id = answer.headers["x-request-id"]
        _wait_stored(marketplace, request_id)
        told = _told(marketplace, browser, request_id, tails)

    # what is searched holds the call, and the call carried all of them
    arrived = answer.json()["headers"]
    assert (arrived["authorization"], arrived["x-sellers"]) == (f"Bearer {SECRET}", SELLERS)
    for place in ("the row as JSON", "the row as a page", "the export as csv", "the export as jsonl", "the tail"):
        assert request_id.encode() in told[place], f"{place} knows nothing of the call"
    assert b"words of no interest" in b"".join(_objects(marketplace))

    canaries = (SECRET, SELLERS, marketplace.key)
    found = {place: words for place, text in _everywhere(marketplace, told) if (words := _found(text, canaries))}
    assert found == {}


def _sell_a_mirror(marketplace: Marketplace) -> None:
    """Sell a service that answers with all that it was sent, the customer's secret in a header of it."""
    channel = {
        "access_method": "http",
        "base_url": f"http://127.0.0.1:{marketplace.upstream_port}/open/echo",
        "api_key": f"${{ customer_secrets.{NAME} }}",
        "headers": {"x-sellers": f"${{ secrets.{NAME} }}"},
    }
    parts = json.loads(json.dumps(_PARTS))
    parts["offering_data"]["upstream_access_config"] = {"primary": channel}
    key = marketplace.demo["UNITYSVC_SELLER_API_KEY"]
    with httpx.Client(base_url=f"{marketplace.url}/v1/seller", headers={"x-api-key": key}, timeout=30) as http:
        assert http.put(f"/secrets/{NAME}", json={"value": SELLERS}).status_code in {200, 201}
        accepted = http.post("/services?auto_submit=true", json={"data": parts, "service_status": None})
        assert accepted.status_code == 202, accepted.text
        task = accepted.json()["task_id"]
        done = _until(lambda: http.get(f"/tasks/{task}").json(), lambda told: told["status"] in {"completed", "failed"})
    assert done["status"] == "completed", done
    with Operator(marketplace) as operator:
        assert "is now active" in operator.approve("canary/mirror")


def _customer(marketplace: Marketplace) -> httpx.Client:
    """Return a browser in which the demo customer is logged in."""
    browser = httpx.Client(base_url=marketplace.url, follow_redirects=True, timeout=30)
    entered = {"login": marketplace.demo["CUSTOMER_EMAIL"], "password": marketplace.demo["CUSTOMER_PASSWORD"]}
    answer = _post(browser, "/accounts/login/", **entered)
    assert "/accounts/login" not in answer.url.path, "the customer was not let in"
    return browser


def _post(browser: httpx.Client, address: str, /, *, action: str = "", **entered: str) -> httpx.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(address).text)
    assert token is not None, address
    origin = {"origin": str(browser.base_url).rstrip("/")}
    answer = browser.post(action or address, data={"csrfmiddlewaretoken": token[1], **entered}, headers=origin)
    assert answer.status_code == 200, answer.text
    return answer


def _keep_secret(browser: httpx.Client) -> None:
    """Store the secret through its page, and let it go to the mirror."""
    _post(browser, "/secrets/new", name=NAME, value=SECRET, kind="secret")
    _post(browser, f"/secrets/{NAME}", action=f"/secrets/{NAME}/hosts", host="127.0.0.1")


def _call(marketplace: Marketplace) -> httpx.Response:
    """Ask the mirror, with the secret and the key in the body as well, once the gateway knows of both."""
    body = {"mine": SECRET, "key": marketplace.key, "basic": _base64(f"me:{SECRET}"), "padding": PADDING}
    with marketplace.client() as http:
        return _until(
            lambda: http.post("/l/p/canary/mirror?_complete", json=body), lambda each: each.status_code == 200
        )


def _wait_stored(marketplace: Marketplace, request_id: str) -> None:
    """Wait until the bodies of the call stand in the store of objects. A worker's schedule does it in production."""
    kept = "SELECT response_parts FROM request_logs_keptbodies WHERE id = %s"
    _until(lambda: marketplace.rows(kept, request_id), bool)
    done = marketplace.manage(
        "shell",
        "-c",
        "from django.utils import timezone; from gateway_admin.request_logs import services;"
        "services.store_bodies(now=timezone.now())",
    )
    assert done.returncode == 0, done.stderr
    stored = "SELECT 1 FROM request_logs_keptbodies WHERE id = %s AND response_object <> ''"
    assert marketplace.rows(stored, request_id)


def _told(
    marketplace: Marketplace, browser: httpx.Client, request_id: str, tails: list[Future[bytes]]
) -> dict[str, bytes]:
    """Return everything that a customer can read of the call."""
    with marketplace.client() as http:
        told = {
            "the list as JSON": http.get("/v1/request-logs").content,
            "the row as JSON": http.get(f"/v1/request-logs/{request_id}").content,
            "the export as csv": http.get("/v1/request-logs/export?format=csv").content,
            "the export as jsonl": http.get("/v1/request-logs/export?format=jsonl").content,
        }
    pages = {
        "the list as a page": "/request-logs",
        "the row as a page": f"/request-logs/{request_id}",
        "the page's csv": "/request-logs/export/csv",
        "the page's jsonl": "/request-logs/export/jsonl",
        "the secret's page": f"/secrets/{NAME}",
        "the keys' page": "/keys",
    }
    told |= {name: browser.get(address).content for name, address in pages.items()}
    return told | {"the tail": tails[0].result(20), "the page's tail": tails[1].result(20)}


def _tail(marketplace: Marketplace) -> bytes:
    with marketplace.client() as http:
        return _heard(http, "/v1/request-logs/tail")


def _page_tail(browser: httpx.Client) -> bytes:
    with httpx.Client(base_url=browser.base_url, cookies=browser.cookies, timeout=30) as own:
        return _heard(own, "/request-logs/tail")


def _heard(http: httpx.Client, address: str) -> bytes:
    """Return what a live tail tells until it has told of the call."""
    heard = b""
    with http.stream("GET", address) as stream:
        assert stream.status_code == 200, stream.status_code
        for piece in stream.iter_bytes():
            heard += piece
            if b"canary/mirror" in heard:
                return heard
    return heard


def _everywhere(marketplace: Marketplace, told: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield from told.items()
    yield from _tables(marketplace)
    yield from _redis(marketplace)
    yield from _files(marketplace.folder)


def _tables(marketplace: Marketplace) -> Iterator[tuple[str, bytes]]:
    """Yield every row of every table."""
    tables = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    with psycopg.connect(marketplace.environment["DATABASE_URL"]) as connection:
        for (table,) in connection.execute(tables.encode()).fetchall():
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))):
                yield f"table {table}", b"\n".join(_bytes(value) for value in row)


def _redis(marketplace: Marketplace) -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(marketplace.environment["REDIS_URL"]) as store:
        reads: dict[bytes, Callable[[bytes], Any]] = {
            b"string": store.get,
            b"list": lambda key: store.lrange(key, 0, -1),
            b"set": store.smembers,
            b"hash": store.hgetall,
            b"zset": lambda key: store.zrange(key, 0, -1),
            b"stream": store.xrange,
        }
        for key in store.scan_iter():
            yield f"redis {key!r}", key + repr(reads[store.type(key)](key)).encode()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the installation, logs, spools and objects among them; demo.env is told its keys to keep."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "demo.env" and "staticfiles" not in path.parts:
            yield str(path.relative_to(folder)), path.read_bytes()


def _objects(marketplace: Marketplace) -> Iterator[bytes]:
    return (path.read_bytes() for path in (marketplace.folder / "objects").rglob("*") if path.is_file())


def _found(text: bytes, words: tuple[str, ...]) -> list[str]:
    """Return the words that a text has, in any usual writing."""
    return [word for word in words if any(writing in text for writing in _writings(word))]


def _writings(word: str) -> set[bytes]:
    plain = word.encode()
    written = {plain, word.encode("utf-16-le"), plain.hex().encode(), plain.hex().upper().encode()}
    written |= {quote(word, safe=safe).encode() for safe in ("", "/")}
    for once in (json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]):
        written |= {once.encode(), json.dumps(once)[1:-1].encode(), once.replace('"', "&quot;").encode()}
    for before in range(3):  # within a longer text, the letters at both ends belong to neighbours as well
        inside = base64.b64encode(b"\0" * before + plain)[4 if before else 0 :]
        whole = len(plain) - (3 - before if before else 0)
        piece = inside[: whole // 3 * 4]
        written |= {piece, piece.replace(b"+", b"-").replace(b"/", b"_")}
    return written


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)).encode()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _until(ask: Callable[[], Any], is_enough: Callable[[Any], bool], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not is_enough(got := ask()):
        assert time.monotonic() < deadline, getattr(got, "text", got)
        time.sleep(0.1)
    return got
