"""Calls of the demo customer, so that wallet, usage and logs have something to show."""

from __future__ import annotations

import time

import httpx

from tests.journeys.marketplace import Marketplace
from tests.screenshots import month

_CHAT, _EMBED = "/p/northwind/aurora-chat/chat/completions", "/p/northwind/meridian-embed/embeddings"
_FALLING_BACK = "/l/f/p/northwind/aurora-chat/chat/completions?_else=a/spare/chat/completions"
_SPARE = {"name": "spare", "target_path": "p/tidewater/delta-chat", "routing_key_override": {"model": "delta-2"}}
_QUESTIONS = (
    "What is a ledger?",
    "Name three lakes.",
    "Translate: good morning",
    "A haiku about rain",
    "Why is it dark?",
)


def call(built: Marketplace) -> str:
    """Chat, embed, draw, ask for what is not there. Returns the id of a call whose first attempt failed."""
    with built.client() as client:
        client.post("/v1/aliases/", json=_SPARE).raise_for_status()
        for number in range(12):
            chat = _chat(_QUESTIONS[number % len(_QUESTIONS)])
            client.post(_CHAT, json=chat).raise_for_status()
            if number % 3 == 0:
                client.post(_EMBED, json={"model": "meridian-embed", "input": "A text to find again"})
            if number % 6 == 0:
                client.post("/p/northwind/no-such-service", json=chat)
        client.post("/p/northwind/prism-image/images/generations", json={"model": "prism-1", "prompt": "A lighthouse"})
        answer = _fall_back(client)
    built.wait_settled()
    month.fill(built)
    built.wait_settled()
    return _call_of(built, answer.headers["x-request-id"])


def _fall_back(client: httpx.Client) -> httpx.Response:
    """Call a service that fails, with another one to fall back to. The alias is published a moment after it is made."""
    headers = {"x-demo-fail": "northwind", "x-usvc-session": "evening-report"}
    return client.post(_FALLING_BACK, json=_chat("Summarise the evening report"), headers=headers).raise_for_status()


def _call_of(built: Marketplace, request_id: str, seconds: float = 30) -> str:
    """Return the call that an attempt was a part of, once it is in the log."""
    deadline = time.monotonic() + seconds
    while not (found := built.rows("SELECT call_id FROM request_logs_requestlog WHERE id = %s", request_id)):
        assert time.monotonic() < deadline, "the call is not in the log"
        time.sleep(0.2)
    return str(found[0][0])


def _chat(question: str) -> dict[str, object]:
    return {"model": "aurora-large", "messages": [{"role": "user", "content": question}]}
