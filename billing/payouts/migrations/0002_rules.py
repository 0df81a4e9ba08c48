from django.db import migrations

from common import sql

UNDO = """
DROP VIEW payouts_movement;
DROP FUNCTION payouts_guard_invoice, payouts_guard_new_line, payouts_guard_adjustment, payouts_guard_payout,
    payouts_guard_term CASCADE;
DROP TRIGGER payouts_invoice_never_deleted ON payouts_invoice;
DROP TRIGGER payouts_invoiceline_append_only ON payouts_invoiceline;
DROP TRIGGER payouts_invoicenote_append_only ON payouts_invoicenote;
DROP TRIGGER payouts_adjustment_never_deleted ON payouts_adjustment;
DROP TRIGGER payouts_payout_never_deleted ON payouts_payout;
"""


class Migration(migrations.Migration):
    dependencies = [("payouts", "0001_initial"), ("ledger", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
