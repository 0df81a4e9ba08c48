"""Jobs are enqueued by name; the names must be those of tasks."""

from __future__ import annotations

import ast

from config.celery import app
from tests.architecture import house


def enqueued() -> dict[str, str]:
    """Return the file in which each task's name is enqueued."""
    found = {}
    for path, tree in house.sources():
        for call in house.calls(tree):
            function = call.func
            is_enqueue = isinstance(function, ast.Attribute) and function.attr == "enqueue"
            if is_enqueue and call.args and (name := house.literal(call.args[0])):
                found[name] = path.relative_to(house.ROOT).as_posix()
    return found


def own_tasks() -> set[str]:
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


class TestTasks:
    def test_are_there_for_every_name_that_is_enqueued(self):
        assert set(enqueued()) - own_tasks() == set()

    def test_are_all_enqueued_or_scheduled(self):
        scheduled = {entry["task"] for entry in (app.conf.beat_schedule or {}).values()}
        assert own_tasks() - set(enqueued()) - scheduled == set()

    def test_of_the_schedule_are_there(self):
        scheduled = {entry["task"] for entry in (app.conf.beat_schedule or {}).values()}
        assert scheduled - own_tasks() == set()
