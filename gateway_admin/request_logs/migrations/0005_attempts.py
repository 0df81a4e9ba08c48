from django.db import migrations

from common.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("rating", "0008_taking"), ("request_logs", "0004_dropping")]
    operations = [run_file(__file__, "attempts.sql", undo="DROP FUNCTION attempts_take")]
