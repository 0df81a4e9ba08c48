from django.db import migrations

from common import sql


class Migration(migrations.Migration):
    dependencies = [("prices", "0001_initial"), ("ledger", "0002_rules")]

    operations = [
        sql.run_file(
            __file__, "0002_rules.sql", undo="DROP TRIGGER prices_priceversion_append_only ON prices_priceversion"
        )
    ]
