from django.db import migrations

from common.sql import run_file

UNDO = "DROP FUNCTION request_log_take_calls, request_log_take_attempts, request_log_primitives"


class Migration(migrations.Migration):
    dependencies = [("request_logs", "0002_days")]
    operations = [run_file(__file__, "taking.sql", undo=UNDO)]
