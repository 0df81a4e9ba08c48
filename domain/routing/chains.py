"""Whether a chain can run: asked when it is saved, and again when it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.routing import step_templates
from domain.routing.snapshot import ChainRecord, ChainStep

MAX_STEPS = 20


def mistake(record: ChainRecord) -> str | None:
    """Return why a chain cannot run, or None: no steps, too many, unknown names, a way back, unreadable templates."""
    if not 0 < len(record.steps) <= MAX_STEPS:
        return f"it has {len(record.steps)} steps; from 1 to {MAX_STEPS} are possible."
    places = {step.name: place for place, step in enumerate(record.steps)}
    if len(places) < len(record.steps):
        return "two of its steps have the same name."
    for step in record.steps:
        for verdict in (step.on_success, step.on_failure):
            if verdict not in {"stop", "relay", "continue"} and verdict not in places:
                return f"the step {step.name!r} goes to {verdict!r}, which is no step of it."
        try:
            step_templates.check([step.headers, step.body])
        except step_templates.BadTemplate as error:
            return f"the step {step.name!r}: {error}"
    if _has_loop(record.steps, places):
        return "its steps lead back to one that has run. Let them lead forward."
    return None


def _has_loop(steps: Sequence[ChainStep], places: Mapping[str, int]) -> bool:
    """Return whether some way through the steps meets one of them twice."""
    following = [
        {place + 1 if verdict == "continue" else places.get(verdict, len(steps)) for verdict in verdicts}
        for place, step in enumerate(steps)
        for verdicts in ((step.on_success, step.on_failure),)
    ]
    done: set[int] = set()

    def leads_back(place: int, on_the_way: frozenset[int]) -> bool:
        if place >= len(steps) or place in done:
            return False
        if place in on_the_way:
            return True
        found = any(leads_back(each, on_the_way | {place}) for each in following[place])
        done.add(place)
        return found

    return leads_back(0, frozenset())
