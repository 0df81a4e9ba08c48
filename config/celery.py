"""The Celery application: idempotent work of the control plane, nothing of a call's path."""

from __future__ import annotations

import os

from celery import Celery

from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("marketplace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = SCHEDULE
app.conf.beat_schedule_filename = os.path.join(os.environ.get("DATA_DIR", ".data"), "celerybeat-schedule")  # noqa: PTH118
