from django.db import migrations

from common.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("secrets", "0001_initial")]
    operations = [run_file(__file__, "mark_used.sql", undo="DROP FUNCTION secrets_mark_used(uuid[], text[])")]
