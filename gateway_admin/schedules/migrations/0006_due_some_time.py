from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0005_due_by_the_clock")]
    operations = [
        migrations.AddConstraint(
            model_name="schedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    ("kind", "delayed"),
                    ("due_at__isnull", False),
                    _connector="OR",
                ),
                name="schedule_at_work_is_due_some_time",
            ),
        ),
    ]
