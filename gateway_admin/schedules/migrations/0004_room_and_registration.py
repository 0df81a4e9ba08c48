import re
from pathlib import Path

from django.db import migrations

from common.sql import run_file

_BEFORE = (Path(__file__).parent / "registration.sql").read_text()
_REGISTER = re.search(r"CREATE FUNCTION schedule_register.*?END \$\$;", _BEFORE, re.DOTALL)
assert _REGISTER is not None
UNDO = (
    _REGISTER[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    + "DROP FUNCTION schedule_run_stays CASCADE; DROP FUNCTION schedule_has_room;"
)


class Migration(migrations.Migration):
    dependencies = [("schedules", "0003_runs")]
    operations = [run_file(__file__, "room_and_registration.sql", undo=UNDO)]
