"""A call as the form holds it, and where it comes from: a seller's template, a sample of ours, a call of before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from accounts.teams.models import Team
from domain import json_texts
from gateway_admin.playground.targets import Target
from gateway_admin.request_logs import bodies
from gateway_admin.request_logs import queries as request_logs
from marketplace.catalog.models import Document, DocumentCategory
from marketplace.catalog.queries import ServicePage
from marketplace.catalog.queries.by_id import text_of
from marketplace.catalog.snippets import sample

#: Headers that a client writes by itself, or that are not a customer's to write.
OWN_HEADERS = frozenset({
    "host", "content-length", "connection", "transfer-encoding", "te", "trailer", "upgrade", "expect", "keep-alive",
    "accept-encoding", "user-agent", "authorization", "x-api-key", "api-key", "cookie", "proxy-authorization",
    "proxy-connection", "x-usvc-session",
})  # fmt: skip
_HIDDEN = "***"
#: What a sample of ours asks for at most: a short answer.
_TOKENS = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """path: as it follows the gateway's address. headers: `Name: value`, a line each. note: what is missing."""

    method: str = "POST"
    path: str = ""
    headers: str = ""
    body: str = ""
    note: str = ""

    @property
    def initial(self) -> dict[str, str]:
        """Return what the form begins with."""
        return {"method": self.method, "path": self.path, "headers": self.headers, "body": self.body}


def templates(page: ServicePage) -> list[tuple[Document, Mapping[str, object]]]:
    """Return the seller's request templates whose text is a JSON object."""
    found: list[tuple[Document, Mapping[str, object]]] = []
    for document in page.documents.get(DocumentCategory.REQUEST_TEMPLATE, []):
        try:
            body = json.loads(text_of(document) or "")
        except ValueError:
            continue
        if isinstance(body, dict) and body:
            found.append((document, body))
    return found


def of_target(page: ServicePage, target: Target, template: Mapping[str, object] | None) -> Draft:
    """Return the request that the seller's template makes at an address, or the one that the Code tab shows."""
    made = sample(page.service, target.words, target.routing_key, template)
    body = dict(made.body)
    if template is None and "messages" in body:
        body["max_tokens"] = _TOKENS
    if "messages" in body and "stream" not in body:
        body["stream"] = True
    return Draft(
        method=made.method,
        path=target.path.rstrip("/") + made.path,
        headers=_lines(made.headers),
        body=json.dumps(body, indent=2, ensure_ascii=False) if body else "",
    )


def of_log(team: Team, log_id: UUID, *, now: datetime, may_read: bool) -> Draft:
    """Return a call of before as far as it is kept. may_read: whether the person may see bodies. Raises: NotFound."""
    row = request_logs.row(team=team, log_id=log_id, now=now)
    draft = Draft(method=row.method, path=row.path.lstrip("/"))
    kept = request_logs.kept(team=team, log_id=log_id, now=now) if may_read else None
    if kept is None:
        return replace(draft, note="Headers and body of this call are not kept. Its method and path are filled in.")
    shown = {
        name: value
        for name, value in kept.request_headers.items()
        if name not in OWN_HEADERS and value != _HIDDEN and not name.startswith("x-forwarded-")
    }
    hidden = [name for name, value in kept.request_headers.items() if value == _HIDDEN and name not in OWN_HEADERS]
    text = bodies.as_text(bodies.read(kept, "request"), is_cut=kept.request_is_cut)
    return replace(
        draft,
        path=f"{draft.path}?{kept.query}" if kept.query else draft.path,
        headers=_lines(shown),
        body=_indented(text or "", is_whole=not kept.request_is_cut),
        note=_note(hidden, text is None, kept.request_is_cut),
    )


def _note(hidden: Sequence[str], is_binary: bool, is_cut: bool) -> str:
    notes = []
    if is_cut:
        notes.append("Only the beginning of its body is kept: write the rest.")
    if is_binary:
        notes.append("Its body is no text and is left out.")
    if hidden:
        notes.append(f"Secret headers are not kept: {', '.join(sorted(hidden))}.")
    return " ".join(notes)


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in sorted(headers.items()))


def _indented(text: str, *, is_whole: bool) -> str:
    try:
        return json.dumps(json_texts.read(text), indent=2, ensure_ascii=False) if is_whole and text else text
    except ValueError:
        return text
