"""Schedules by the clock that gateways have registered without saying when they are first due."""

from datetime import UTC, datetime

from django.db import migrations

from domain.scheduling import cadences


def work_out(apps, _editor):
    Schedule = apps.get_model("schedules", "Schedule")
    for row in Schedule.objects.filter(state="active", kind="recurrent", due_at=None):
        row.due_at = cadences.read(row.schedule).first(datetime.now(UTC))
        row.state = "active" if row.due_at else "cancelled"
        row.save(update_fields=["due_at", "state"])


class Migration(migrations.Migration):
    dependencies = [("schedules", "0004_room_and_registration")]
    operations = [migrations.RunPython(work_out, migrations.RunPython.noop)]
