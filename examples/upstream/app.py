"""The ASGI application: the account's key first, then the handler of the path."""

from __future__ import annotations

from collections.abc import Callable

from examples.upstream import accounts, anthropic_format, live, openai_format, other_services, responses_format
from examples.upstream.http import Answer, BadCall, Call, Receive, Scope, Send, json_answer, read_call, write_answer
from examples.upstream.served import Record

#: (method, path after the account): handler.
_EXACT: dict[tuple[str, str], Callable[[Call], Answer]] = {
    ("GET", "/openai/v1/models"): openai_format.models,
    ("POST", "/openai/v1/chat/completions"): openai_format.chat,
    ("POST", "/openai/v1/embeddings"): openai_format.embeddings,
    ("POST", "/openai/v1/images/generations"): openai_format.images,
    ("POST", "/openai/v1/responses"): responses_format.responses,
    ("POST", "/anthropic/v1/messages"): anthropic_format.messages,
    ("POST", "/anthropic/v1/messages/count_tokens"): anthropic_format.count_tokens,
}
#: First segment after the account: handler, for paths with values in them.
_BY_PREFIX: dict[str, Callable[[Call], Answer]] = {
    "forecast": other_services.forecast,
    "echo": other_services.echo,
    "status": other_services.status,
}


class Upstream:
    """The demo provider. One object holds the record of one process."""

    def __init__(self) -> None:
        self.record = Record()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] == "websocket":
            await live.serve(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        call = await read_call(scope, receive)
        await write_answer(self.answer(call), send)

    def answer(self, call: Call) -> Answer:
        """Return the response to `call`; everything but our own two addresses goes into the record."""
        if call.account == "healthz":
            return json_answer({"status": "ok"})
        if call.account == "_served":
            return self.record.answer(call)
        try:
            answer = _serve(call)
        except BadCall as error:
            answer = _refusal(call, error)
        self.record.add(call, answer)
        return answer


def _serve(call: Call) -> Answer:
    if call.headers.get("x-demo-fail") == call.account:
        raise BadCall(503, f"{call.account} is asked to fail.")
    if not accounts.may_call(call.account, call.headers):
        raise BadCall(401, "Incorrect API key provided.")
    if call.account == "topics":
        return other_services.topic(call)
    handler = _EXACT.get((call.method, call.path))
    if handler is None and call.segments:
        handler = _BY_PREFIX.get(call.segments[0])
    if handler is None:
        raise BadCall(404, f"Nothing answers {call.method} {call.path}.")
    return handler(call)


def _refusal(call: Call, error: BadCall) -> Answer:
    """Return the error in the shape of the format that was asked."""
    kinds = {401: "authentication_error", 404: "not_found_error"}
    kind = kinds.get(error.status, "invalid_request_error")
    if call.path.startswith("/anthropic"):
        shaped: dict[str, object] = {"type": "error", "error": {"type": kind, "message": error.sentence}}
    else:
        shaped = {"error": {"message": error.sentence, "type": kind, "param": None, "code": None}}
    return json_answer(shaped, status=error.status)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = Upstream()
