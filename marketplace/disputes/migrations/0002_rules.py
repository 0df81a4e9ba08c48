from django.db import migrations

from common import sql

UNDO = """
DROP FUNCTION disputes_guard, disputes_guard_credit CASCADE;
DROP TRIGGER disputes_dispute_never_deleted ON disputes_dispute;
DROP TRIGGER disputes_disputemessage_append_only ON disputes_disputemessage;
"""


class Migration(migrations.Migration):
    dependencies = [("disputes", "0001_initial"), ("ledger", "0002_rules"), ("rating", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
