from django.db import migrations

from common import sql

UNDO = "DROP TRIGGER team_keeps_an_owner ON teams_membership; DROP FUNCTION team_keeps_an_owner;"


class Migration(migrations.Migration):
    dependencies = [("teams", "0002_invitations")]

    operations = [sql.run_file(__file__, "owners.sql", undo=UNDO)]
