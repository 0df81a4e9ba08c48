from django.db import migrations

from common.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("api_keys", "0001_initial")]
    operations = [run_file(__file__, "mark_used.sql", undo="DROP FUNCTION api_keys_mark_used(uuid[])")]
