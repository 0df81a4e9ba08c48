from django.db import migrations

from common import sql

UNDO = """
DROP TRIGGER rating_charge_never_emptied ON rating_charge;
DROP FUNCTION refuse_change_of_charge CASCADE;
DROP FUNCTION usage_inbox_insert, metrics_sum, lease_release_retired, lease_fence_expired, lease_end;
"""


class Migration(migrations.Migration):
    dependencies = [("rating", "0001_initial"), ("wallets", "0002_rules"), ("ledger", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
