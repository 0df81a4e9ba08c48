"""What is no model: topics that anybody with the code may write to, forecasts of a place, an echo, a chosen status."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from itertools import count

from examples.upstream.http import Answer, BadCall, Call, json_answer

_KEPT_MESSAGES = 100
_MAX_TOPICS = 1_000
_topics: dict[str, deque[dict[str, object]]] = {}
_numbers = count(1)


def topic(call: Call) -> Answer:
    """Publish to /<code> (the body is the message), or read /<code>/json: a line of JSON a message."""
    code, *rest = call.segments or [""]
    if not code:
        raise BadCall(404, "Name a topic: POST /topics/<code>.")
    if call.method in {"POST", "PUT"} and not rest:
        return _publish(call, code)
    if call.method == "GET" and rest == ["json"]:
        lines = "".join(json.dumps(message) + "\n" for message in _topics.get(code, ()))
        return Answer(body=lines.encode(), content_type="application/x-ndjson")
    raise BadCall(404, "POST /topics/<code> publishes, GET /topics/<code>/json reads.")


def _publish(call: Call, code: str) -> Answer:
    if code not in _topics and len(_topics) >= _MAX_TOPICS:
        raise BadCall(507, "There are too many topics.")
    message: dict[str, object] = {
        "id": f"m{next(_numbers)}",
        "event": "message",
        "topic": code,
        "message": call.body.decode("utf-8", "replace"),
        "title": call.headers.get("title", ""),
    }
    _topics.setdefault(code, deque(maxlen=_KEPT_MESSAGES)).append(message)
    return json_answer(message)


def forecast(call: Call) -> Answer:
    """Answer /forecast/<city>/<days>: temperatures made from the city's name, in the units of the `x-units` header."""
    try:
        _, city, days = call.segments
        length = min(max(int(days), 1), 7)
    except ValueError as error:
        raise BadCall(404, "Ask for /forecast/<city>/<days>.") from error
    fahrenheit = call.headers.get("x-units") == "imperial"
    celsius = [byte % 30 for byte in hashlib.sha256(city.lower().encode()).digest()[:length]]
    degrees = [round(degree * 9 / 5 + 32) for degree in celsius] if fahrenheit else celsius
    return json_answer({"city": city, "unit": "F" if fahrenheit else "C", "days": degrees})


def echo(call: Call) -> Answer:
    """Return the request as it arrived."""
    seen = {"method": call.method, "path": call.path, "query": call.query, "headers": call.headers}
    return json_answer({**seen, "body": call.body.decode("utf-8", "replace")})


def status(call: Call) -> Answer:
    """Answer /status/<code> with that status."""
    code = call.segments[1] if len(call.segments) > 1 else ""
    if not code.isdigit() or not 200 <= int(code) <= 599:
        raise BadCall(404, "Ask for /status/<200 to 599>.")
    return json_answer({"status": int(code)}, status=int(code))
