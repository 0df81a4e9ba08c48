from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0005_due_by_the_clock")]
    operations = [
        # a draft can be cancelled without ever having said when
        migrations.RemoveConstraint("schedule", "schedule_says_when_once_it_is_active"),
        migrations.AddConstraint(
            "schedule",
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "cancelled"]) | models.Q(schedule__isnull=False),
                name="schedule_says_when_once_it_is_active",
            ),
        ),
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
