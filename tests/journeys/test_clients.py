"""Unmodified clients of others, pointed at the gateway with one key; and the wallet, to the last digit."""

from __future__ import annotations

import contextlib
import json
import tomllib
from decimal import Decimal
from pathlib import Path

import anthropic
import openai
import pytest

from tests.journeys.marketplace import ROOT

pytestmark = pytest.mark.journey
SPECS = ROOT / "examples" / "catalog" / "specs"
MILLION = Decimal(1_000_000)


def price_of(folder: str) -> dict[str, str]:
    """Return the list price as its file says."""
    path = SPECS / folder
    listing: Path = path / "listing.json"
    text = listing.read_text() if listing.exists() else (path / "listing.toml").read_text()
    return (json.loads(text) if listing.exists() else tomllib.loads(text))["list_price"]


def tokens_cost(folder: str, *, read: int, written: int) -> Decimal:
    """Return what tokens cost by the price in the file: computed here, not by the code under test."""
    price = price_of(folder)
    return (Decimal(price["input"]) * read + Decimal(price["output"]) * written) / MILLION


@pytest.fixture
def client(marketplace):
    """Return the OpenAI client pointed at a service; closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(service: str, key: str = marketplace.key) -> openai.OpenAI:
            made = openai.OpenAI(api_key=key, base_url=f"{marketplace.url}/p/{service}", max_retries=0)
            return stack.enter_context(made)

        yield make


class TestOpenAI:
    def test_chats_and_pays_for_the_words(self, marketplace, client):
        before = marketplace.available()
        answer = client("northwind/aurora-chat").chat.completions.create(
            model="aurora-large", messages=[{"role": "user", "content": "one two three"}], max_tokens=50
        )
        assert answer.choices[0].message.content == "Echo: one two three"
        assert before - marketplace.available() == tokens_cost("northwind/aurora-chat", read=3, written=4)

    def test_streams_and_pays_for_the_words(self, marketplace, client):
        before = marketplace.available()
        stream = client("northwind/aurora-chat").chat.completions.create(
            model="aurora-large", messages=[{"role": "user", "content": "one two"}], max_tokens=50, stream=True
        )
        chunks = list(stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert text == "Echo: one two"
        assert all(chunk.usage is None for chunk in chunks)
        assert before - marketplace.available() == tokens_cost("northwind/aurora-chat", read=2, written=3)

    def test_streams_with_usage_to_who_asks_for_it(self, marketplace, client):
        stream = client("northwind/aurora-chat").chat.completions.create(
            model="aurora-large",
            messages=[{"role": "user", "content": "one two"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        assert [chunk.usage.completion_tokens for chunk in stream if chunk.usage] == [3]

    def test_embeds(self, marketplace, client):
        before = marketplace.available()
        answer = client("northwind/meridian-embed").embeddings.create(
            model="meridian-embed", input=["one two", "three"]
        )
        price = price_of("northwind/meridian-embed")
        rate = Decimal(price.get("price") or price["input"])
        assert len(answer.data) == 2
        assert before - marketplace.available() == rate * 3 / MILLION

    def test_makes_images(self, marketplace, client):
        before = marketplace.available()
        answer = client("northwind/prism-image").images.generate(model="prism-1", prompt="a sea", n=2)
        assert len(answer.data) == 2
        assert before - marketplace.available() == Decimal(price_of("northwind/prism-image")["price"]) * 2

    def test_tells_models_behind_one_path_apart(self, marketplace, client):
        replies = {}
        for model in ("aurora-large", "delta-2"):
            answer = client("chat").chat.completions.with_raw_response.create(
                model=model, messages=[{"role": "user", "content": "hi"}], max_tokens=5
            )
            replies[model] = answer.headers["x-usvc-service"]
        assert replies == {"aurora-large": "northwind/aurora-chat", "delta-2": "tidewater/delta-chat"}

    def test_learns_what_is_wrong(self, marketplace, client):
        with pytest.raises(openai.NotFoundError, match=r"It knows: .*aurora-large"):
            client("chat").chat.completions.create(model="nobody", messages=[])
        with pytest.raises(openai.AuthenticationError, match="Copy it again"):
            client("chat", f"{marketplace.key[:-1]}!").models.list()


class TestAnthropic:
    def test_messages_and_streams(self, marketplace):
        before = marketplace.available()
        messages = [{"role": "user", "content": "one two"}]
        address = f"{marketplace.url}/p/tidewater/fable-messages"
        with anthropic.Anthropic(api_key=marketplace.key, base_url=address, max_retries=0) as claude:
            answer = claude.messages.create(model="fable-1", max_tokens=50, messages=messages)
            with claude.messages.stream(model="fable-1", max_tokens=50, messages=messages) as stream:
                streamed = stream.get_final_text()
        assert (answer.content[0].text, streamed) == ("Echo: one two", "Echo: one two")
        cost = tokens_cost("tidewater/fable-messages", read=2, written=3)
        assert before - marketplace.available() == cost * 2


class TestOtherServices:
    def test_byok_sends_the_customers_own_key_and_costs_what_it_says(self, marketplace, client):
        answer = client("tidewater/aurora-byok").chat.completions.create(
            model="aurora-mini", messages=[{"role": "user", "content": "hi"}], max_tokens=5
        )
        assert answer.choices[0].message.content == "Echo: hi"

    def test_enrollments_are_called_by_their_code(self, marketplace, client):
        with marketplace.client() as http:
            rows = marketplace.rows(
                "SELECT e.code, s.name FROM enrollments_enrollment e JOIN catalog_service s ON s.id = e.service_id"
                " JOIN teams_team t ON t.id = e.team_id WHERE t.name = 'demo-customer'"
            )
            assert rows
            for code, name in rows:
                answer = http.get(f"/e/{code}")
                assert answer.headers["x-usvc-service"] == name
                assert answer.headers["x-usvc-enrollment"] == code


class TestTheBooks:
    def test_prove_every_balance_after_all_that(self, marketplace):
        marketplace.wait_settled()
        verified = marketplace.manage("verify_ledger")
        assert verified.returncode == 0, verified.stdout + verified.stderr
