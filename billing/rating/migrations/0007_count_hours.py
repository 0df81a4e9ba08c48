from django.conf import settings
from django.db import migrations

from common import sql


class Migration(migrations.Migration):
    dependencies = [("rating", "0006_hours")]

    operations = [
        sql.run_file(__file__, "0007_hours.sql", undo="SELECT 1"),
        # what was charged until now; the names that were called are not known of it
        migrations.RunSQL(
            [
                "SELECT hourly_usage_recount(wallet_id) FROM (SELECT DISTINCT wallet_id FROM rating_charge) AS wallets",
                ("SELECT hourly_sales_recount(%s)", [settings.TEST_CUSTOMER_TEAM]),
            ],
            migrations.RunSQL.noop,
        ),
    ]
