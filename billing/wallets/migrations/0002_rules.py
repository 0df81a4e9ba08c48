from django.db import migrations

from common import sql

UNDO = """
DROP TRIGGER wallets_walletentry_append_only ON wallets_walletentry;
DROP TRIGGER wallets_walletentry_never_emptied ON wallets_walletentry;
DROP FUNCTION lease_draw, lease_return, lease_renew, lease_retire;
"""


class Migration(migrations.Migration):
    dependencies = [("wallets", "0001_initial"), ("ledger", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
