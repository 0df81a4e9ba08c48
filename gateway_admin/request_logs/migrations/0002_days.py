from django.db import migrations

from common.sql import run_file

UNDO = "DROP FUNCTION request_log_drop_days, request_log_make_day, request_log_moment, request_log_bound"
AHEAD = "SELECT request_log_make_day(current_date + ahead) FROM generate_series(-1, 7) AS ahead"


class Migration(migrations.Migration):
    dependencies = [("request_logs", "0001_initial")]
    operations = [
        run_file(__file__, "days.sql", undo=UNDO),
        migrations.RunSQL(AHEAD, reverse_sql=migrations.RunSQL.noop),
    ]
