from django.db import migrations

from common import sql


class Migration(migrations.Migration):
    dependencies = [("rating", "0007_count_hours")]

    operations = [sql.run_file(__file__, "0008_taking.sql", undo="DROP FUNCTION usage_inbox_take")]
