"""The request that the platform makes to an interface: the seller's request template, or the one of our snippets."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.catalog import snippets
from marketplace.catalog.customer import rendering
from marketplace.catalog.models import Document, Service
from marketplace.testing.attribution import Verdict
from marketplace.testing.calling import Answer, call
from marketplace.testing.expectations import Expected, body_problem, expected, status_problem
from marketplace.testing.stand_in import Tested

#: The gateway's words for what passes by itself: it made no call.
_MOMENTS = frozenset({"limits_unavailable", "temporarily_unavailable"})
_PAUSES = (1.0, 2.0, 5.0)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
#: Headers that a document may set; the others are the gateway's business.
_REFUSED_HEADERS = frozenset(
    {"authorization", "x-api-key", "api-key", "host", "content-length", "cookie", "connection"}
)


class ProbeUnusable(Exception):
    """A request template that makes no request. Says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """path: below the interface's address, with its slash. body: JSON, or None for none."""

    method: str
    path: str
    expected: Expected
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None

    def send(self, address: str, token: str) -> Answer:
        """Make the request below an address of the gateway; again, when the gateway asks for a moment."""
        for pause in _PAUSES:
            answer = self.once(address, token)
            if answer.code not in _MOMENTS:
                return answer
            time.sleep(pause)
        return self.once(address, token)

    def once(self, address: str, token: str) -> Answer:
        """Make the request below an address of the gateway."""
        return call(self.method, address + self.path, token=token, headers=self.headers, body=self.body)

    def judge(self, answer: Answer) -> Verdict:
        """Return what the answer comes to."""
        if answer.code or not answer.status:
            return Verdict(answer.status, answer.message, answer.code)
        if problem := status_problem(self.expected, answer.status):
            return Verdict(answer.status, f"{self.method} {self.path or '/'} was answered with {problem}")
        return Verdict(answer.status, body_problem(self.expected, answer.text))

    def shown(self, answer: Answer) -> str:
        """Return what of an answer is shown and kept."""
        return answer.text or answer.message


def probe(service: Service, tested: Tested, document: Document | None, *, address: str) -> Probe:
    """Return the request of a request template to an interface, or of none. Raises: ProbeUnusable."""
    meta = document.meta if document is not None else {}
    body = template(document, service, tested, address) if document is not None else None
    interface = tested.interface
    sample = snippets.sample(service, f"{interface.name} {interface.description}", tested.routing_key, body)
    told = meta.get("request")
    told = told if isinstance(told, Mapping) else {}
    method = str(told.get("method") or sample.method).upper()
    if method not in _METHODS:
        raise ProbeUnusable(f"meta.request.method is {method[:20]!r}; use one of {', '.join(sorted(_METHODS))}")
    is_bodyless = method in {"GET", "HEAD"} or not sample.body
    return Probe(
        method=method,
        path=path(told.get("path"), sample.path),
        expected=expected(meta, is_told=document is not None or bool(sample.path)),
        headers={**sample.headers, **headers(told.get("headers"))},
        body=None if is_bodyless else dict(sample.body),
    )


def path(told: object, otherwise: str) -> str:
    """Return what a document says follows the interface's address. Raises: ProbeUnusable."""
    if not isinstance(told, str):
        return otherwise
    written = told.strip()
    if not written:
        return ""
    if not written.isascii() or not written.isprintable() or " " in written or "#" in written:
        raise ProbeUnusable("meta.request.path has characters that no address has; percent-encode them")
    return written if written.startswith(("/", "?")) else f"/{written}"


def headers(told: object) -> dict[str, str]:
    """Return the headers that a document adds."""
    if not isinstance(told, Mapping):
        return {}
    named = {str(name).lower(): str(value) for name, value in told.items()}
    return {name: value for name, value in named.items() if name not in _REFUSED_HEADERS and value.isprintable()}


def template(document: Document, service: Service, tested: Tested, address: str) -> dict[str, Any]:
    """Return the JSON of a request template. Raises: ProbeUnusable."""
    values = rendering.context(service, tested.interface, address=address, customer_display=False)
    rendered = rendering.rendered(document, {**values, "routing_key": tested.routing_key or {}})
    if rendered is None:
        raise ProbeUnusable("the request template has no text; upload it as JSON")
    if rendered.text is None:
        raise ProbeUnusable(str(rendered.error))
    try:
        body = json.loads(rendered.text)
    except (ValueError, RecursionError):
        raise ProbeUnusable("the request template is not JSON") from None
    if not isinstance(body, dict):
        raise ProbeUnusable("the request template is no JSON object")
    return body
