"""What was asked of this upstream, newest last: `GET /_served` lists it, `DELETE /_served` forgets it."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass

from examples.upstream.http import Answer, Call, json_answer

_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Served:
    """One request and the usage that its response reported. The headers are as they arrived, keys included."""

    number: int
    method: str
    account: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str
    status: int
    usage: dict[str, int]


class Record:
    """The last requests, bounded."""

    def __init__(self) -> None:
        self._served: deque[Served] = deque(maxlen=_REMEMBERED)
        self._count = 0

    def add(self, call: Call, answer: Answer) -> None:
        """Remember one request."""
        self._count += 1
        self._served.append(
            Served(
                self._count,
                call.method,
                call.account,
                call.path,
                call.query,
                call.headers,
                call.body.decode("utf-8", "replace"),
                answer.status,
                answer.usage,
            )
        )

    def answer(self, call: Call) -> Answer:
        """List what was served (`?account=` and `?path=` narrow it), or forget it."""
        if call.method == "DELETE":
            self._served.clear()
            self._count = 0
            return json_answer({"count": 0})
        accounts, paths = call.query.get("account"), call.query.get("path")
        chosen = [
            asdict(served)
            for served in self._served
            if (not accounts or served.account in accounts) and (not paths or served.path in paths)
        ]
        return json_answer({"count": self._count, "served": chosen})
