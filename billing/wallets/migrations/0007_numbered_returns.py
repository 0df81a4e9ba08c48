import re
from pathlib import Path

from django.db import migrations, models

from common import sql

_BEFORE = (Path(__file__).parent / "0002_rules.sql").read_text()
_RETURN = re.search(r"CREATE OR REPLACE FUNCTION lease_return.*?END \$\$;", _BEFORE, re.DOTALL)
assert _RETURN is not None
UNDO = f"DROP FUNCTION lease_return; {_RETURN[0]} REVOKE ALL ON FUNCTION lease_return FROM PUBLIC;"


class Migration(migrations.Migration):
    dependencies = [("wallets", "0006_daily_balances")]

    operations = [
        migrations.AddField("lease", "last_return", models.PositiveIntegerField(db_default=0, default=0)),
        sql.run_file(__file__, "0007_numbered_returns.sql", undo=UNDO),
    ]
