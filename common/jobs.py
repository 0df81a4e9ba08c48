"""Background work: enqueued by name after the commit, so that a service never imports a task."""

from __future__ import annotations

from celery import current_app
from django.db import transaction


def enqueue(name: str, **arguments: str | int | None) -> None:
    """Send the task `name` once the running transaction has committed. arguments: ids and plain values only."""
    transaction.on_commit(lambda: _send(name, arguments))


def _send(name: str, arguments: dict[str, str | int | None]) -> None:
    if current_app.conf.task_always_eager:
        # a worker loads the tasks when it starts; nobody did here
        current_app.loader.import_default_modules()
        current_app.tasks[name].apply(kwargs=arguments, throw=True)
    else:
        current_app.send_task(name, kwargs=arguments)
