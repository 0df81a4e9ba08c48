"""How parts of a plan end: what is refused, what is answered already, what a registered call is made of."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from domain.routing.asking import PlanRefused
from domain.routing.frame import Frame
from domain.routing.grammar import BadPath, ParsedPath
from domain.routing.plan import Call, Refusal
from domain.routing.tree import Node, Refused, Result


def unpinned(parsed: ParsedPath, frame: Frame) -> str:
    """Return the name of what calls several services: no channel can be pinned for all of them. Raises BadPath."""
    name, _, channel = parsed.segments[0].partition("@")
    if pinned := frame.pinning(parsed, channel):
        message = f"/{parsed.target}/{name} calls several services, so it has no channel {pinned[:60]!r}."
        raise BadPath("channel_not_here", f"{message} Pin it where they are named, as in p/<service>@<channel>.")
    return name


def later(parsed: ParsedPath) -> str:
    """Return the path that a registered call is made with: without /r/, /d/ and their parameters, the others kept."""
    from_now = {"_every", "_fire_now", "_name", "_at", "_in"}
    wrappers = [letter for letter in parsed.wrappers if letter not in "rd"]
    controls = [
        f"{name}={quote(value, safe='/:,*')}" for name, value in sorted(parsed.control.items()) if name not in from_now
    ]
    query = "&".join([*([parsed.query] if parsed.query else []), *controls])
    path = "/".join((*wrappers, parsed.target, *parsed.segments))
    return f"/{path}?{query}" if query else f"/{path}"


def result(parsed: ParsedPath) -> Node:
    """Return the answer of one target of an earlier broadcast."""
    try:
        return Result(str(UUID("/".join(parsed.segments[1:]))))
    except ValueError:
        message = "There is no such task. Call /b/tasks/<task id> with an id of a broadcast."
        return refused(404, "task_not_found", message)


def servers(call: Call) -> int:
    """Return how many servers the call's channel has."""
    servers = call.channel.config.get("servers")
    return max(len(servers), 1) if isinstance(servers, list) else 1


def refused(status: int, code: str, message: str) -> Refused:
    """Return a part of a plan that cannot be called."""
    return Refused(Refusal(status, code, message))


def stop(status: int, code: str, message: str) -> PlanRefused:
    """Return what ends the making of a plan."""
    return PlanRefused(Refusal(status, code, message))
