"""Bodies: kept when asked for, without a secret in them, cut last of all."""

from __future__ import annotations

import asyncio
import base64
import gzip

import pytest

from tests.factories import records as make
from tests.fakes.upstream import Until, answer, json_answer, streamed

SELLERS, CUSTOMERS = "sk-sellers-canary-0123456789", "sk-customers-canary-987654"


def echo(market, name: str, *scripts, **more) -> None:
    """Offer a service whose upstream knows a secret of its seller's and tells it."""
    market.gateway.publish_secret(make.SELLER, "KEY", SELLERS)
    market.offer(name, *scripts, config={"api_key": "${ secrets.KEY }"}, **more)


class TestBodies:
    @pytest.mark.parametrize("path", ["/l/p/a", "/a/logged"])
    async def test_are_kept_when_the_path_asks(self, market, gateway, log, path):
        market.offer("a", json_answer({"answer": 42}))
        market.alias("logged", "l/p/a")
        await market.open()
        await gateway.call(f"{path}?limit=3", {"question": "?"})
        record = await log.call()
        assert record["log"] == "truncated"
        assert log.body(record, "request") == b'{"question":"?"}'
        assert log.body(record, "response") == b'{"answer": 42}'
        assert record["kept"]["query"] == "limit=3"
        assert record["kept"]["response_headers"]["content-type"] == "application/json"

    async def test_are_kept_by_the_accounts_preference_unless_a_header_takes_it_back(self, market, gateway, log):
        market.offer("a")
        gateway.publish_customer(request_log="complete")
        await market.open()
        await gateway.call("/p/a", {"n": 1})
        await gateway.call("/p/a", {"n": 2}, headers={"x-unitysvc-log-request": "false"})
        record = await log.call()
        assert (record["log"], log.body(record, "request")) == ("complete", b'{"n":1}')
        await log.attempts(2)
        assert len(gateway.logs.calls) == 1

    async def test_are_cut_at_8_kb(self, market, gateway, log):
        market.offer("a", answer(b"x" * 20_000))
        await market.open()
        await gateway.call("/l/p/a")
        record = await log.call()
        kept = record["kept"]["response"]
        assert (len(log.body(record, "response")), kept["size"], kept["is_cut"]) == (8192, 20_000, True)

    async def test_are_whole_when_that_is_asked(self, market, gateway, log):
        body = bytes(range(256)) * 1000
        market.offer("a", streamed([body[:100_000], body[100_000:]]))
        await market.open()
        await gateway.call("/l/p/a?_complete")
        record = await log.call()
        assert record["kept"]["response"] == {"bytes": "", "parts": 6, "size": 256_000, "is_cut": False, "why_not": ""}
        assert log.body(record, "response") == body

    async def test_are_kept_unpacked_or_not_at_all(self, market, gateway, log):
        echo(market, "gzip", answer(gzip.compress(SELLERS.encode() * 3), headers=[("Content-Encoding", "gzip")]))
        echo(market, "br", answer(b"\x8b" + SELLERS.encode(), headers=[("Content-Encoding", "br")]))
        await market.open()
        await gateway.client.post("/l/p/gzip", headers={"x-api-key": gateway.key})
        first = await log.call()
        async with gateway.client.stream("POST", "/l/p/br", headers={"x-api-key": gateway.key}) as got:
            assert [piece async for piece in got.aiter_raw()]
        _, second = await log.calls(2)
        assert log.body(first, "response") == b"***" * 3
        assert log.body(second, "response") == b""
        assert "encoded" in second["kept"]["response"]["why_not"]


class TestSecrets:
    async def test_are_in_no_record_and_no_line_wherever_the_upstream_writes_them(self, market, gateway, log, caplog):
        caplog.set_level("DEBUG")
        encoded = base64.b64encode(f"user:{SELLERS}".encode()).decode()
        said = {"plain": SELLERS, "basic": encoded, "error": {"message": f"bad key {SELLERS}"}}
        headers = [("x-echo", f"Bearer {SELLERS}"), (SELLERS, "as a name"), ("x-auth-token", "another")]
        echo(market, "a", json_answer(said, status=401, headers=headers))
        await market.open()
        got = await gateway.call("/l/p/a?_complete", headers={"cookie": "session=mine"})
        record = await log.call()
        assert got.json()["plain"] == SELLERS
        told = [each.getMessage() for each in caplog.records if each.name.startswith("gateway")]
        text = log.everything() + repr(log.body(record, "response")) + repr(told)
        assert SELLERS not in text
        assert encoded[8:24] not in text
        assert gateway.key not in text
        assert "session=mine" not in text
        assert "another" not in text
        assert b"bad key ***" in log.body(record, "response")

    async def test_of_customers_are_in_none_either(self, market, gateway, log):
        gateway.publish_customer(secret_names=frozenset({"MY_KEY"}))
        gateway.publish_secret(make.TEAM, "MY_KEY", CUSTOMERS, hosts=("127.0.0.1",))
        market.offer(
            "own",
            json_answer({"echo": CUSTOMERS}, headers=[("x-echo", CUSTOMERS)]),
            config={"api_key": "${ customer_secrets.MY_KEY }"},
            channel={"type": "byok", "required_secrets": ("MY_KEY",)},
        )
        await market.open()
        got = await gateway.call(f"/l/p/own?note={CUSTOMERS}", {"mine": CUSTOMERS, "ours": gateway.key})
        assert got.json() == {"echo": CUSTOMERS}
        record = await log.call()
        text = log.everything() + repr(log.body(record, "response")) + repr(log.body(record, "request"))
        assert CUSTOMERS not in text
        assert gateway.key not in text
        assert record["kept"]["query"] == "note=***"

    @pytest.mark.parametrize("before", [8192 - 5, 8192 - len(SELLERS) + 1, 65_536 - 7])
    async def test_across_a_cut_and_across_pieces_leave_no_part(self, market, gateway, log, before):
        body = b"x" * before + SELLERS.encode() + b"y" * 1000
        middle = before + 9
        echo(market, "a", streamed([body[:middle], body[middle:]]))
        await market.open()
        await gateway.call("/l/p/a")
        record = await log.call()
        kept = log.body(record, "response")
        assert not any(SELLERS[:length].encode() in kept for length in range(4, len(SELLERS)))
        assert kept.startswith(b"x" * min(before, 8192))

    async def test_repeated_until_the_end_of_what_is_held_leave_no_part(self, market, gateway, log):
        echo(market, "a", answer(SELLERS.encode() * 5000))
        await market.open()
        await gateway.call("/l/p/a")
        kept = log.body(await log.call(), "response")
        assert set(kept) == set(b"*")

    async def test_that_are_rotated_while_the_call_runs_are_both_taken_out(self, market, gateway, log):
        after = "sk-after-rotation-424242"
        release = asyncio.Event()
        echo(market, "a", streamed([b"first " + SELLERS.encode(), after.encode()], between=Until(release)))
        await market.open()
        call = asyncio.create_task(gateway.call("/l/p/a"))
        while not market.requests("a"):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        gateway.publish_secret(make.SELLER, "KEY", after)
        await market.open()
        release.set()
        await call
        assert log.body(await log.call(), "response") == b"first ******"

    async def test_that_cannot_be_read_any_more_keep_the_answer_out(self, market, gateway, log):
        release = asyncio.Event()
        echo(market, "a", streamed([b"first", b"second"], between=Until(release)))
        await market.open()
        call = asyncio.create_task(gateway.call("/l/p/a"))
        while not market.requests("a"):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        gateway.records.remove("secret", f"{make.SELLER}/KEY")
        await market.open()
        release.set()
        await call
        kept = (await log.call())["kept"]
        assert (kept["response"]["bytes"], kept["response_headers"]) == ("", {})
        assert "secret" in kept["response"]["why_not"]
