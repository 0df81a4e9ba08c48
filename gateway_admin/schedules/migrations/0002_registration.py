from django.db import migrations

from common.sql import run_file

UNDO = "DROP FUNCTION schedule_register, task_start, task_finish, task_read"


class Migration(migrations.Migration):
    dependencies = [("schedules", "0001_initial")]
    operations = [run_file(__file__, "registration.sql", undo=UNDO)]
