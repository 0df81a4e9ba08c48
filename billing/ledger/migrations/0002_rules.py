from django.db import migrations

from common import sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo="DROP FUNCTION refuse_change CASCADE")]
