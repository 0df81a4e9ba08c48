from django.db import migrations

from common.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("request_logs", "0003_taking")]
    operations = [run_file(__file__, "dropping.sql", undo=migrations.RunSQL.noop)]
