from django.db import migrations

from common import sql

UNDO = """
DROP TRIGGER subscriptions_period_is_paid ON subscriptions_subscription;
DROP TRIGGER subscriptions_fee_never_emptied ON subscriptions_fee;
DROP TRIGGER subscriptions_fee_append_only ON subscriptions_fee;
DROP TRIGGER subscriptions_plan_never_changes ON subscriptions_plan;
DROP FUNCTION check_period_is_paid, refuse_change_of_plan;
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0001_plans_subscriptions_and_fees"), ("ledger", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
