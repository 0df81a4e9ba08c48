from django.db import migrations, models
from django.db.models import Q

from common import sql

#: When rules became active was not written down before: the last change is the nearest to it.
_FILL = "UPDATE promotions_pricerule SET active_from = updated_at WHERE status = 'active'"

UNDO = """
DROP FUNCTION note_change_of_rules, refuse_redemption_beyond_the_quota, refuse_use_beyond_the_quota, keep_allowance CASCADE;
DROP SEQUENCE promotions_rulechanges_number;
DELETE FROM promotions_rulechanges;
"""


class Migration(migrations.Migration):
    dependencies = [("promotions", "0002_redemptions_and_allowances")]

    operations = [
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "pricerule",
            models.CheckConstraint(
                condition=~Q(status="active") | Q(active_from__isnull=False, active_until__isnull=True),
                name="price_rule_is_active_since_a_time",
            ),
        ),
        sql.run_file(__file__, "0003_rules.sql", undo=UNDO),
    ]
