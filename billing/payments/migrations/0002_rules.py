from django.db import migrations

from common import sql

UNDO = """
DROP TRIGGER payments_topup_forward ON payments_topup;
DROP TRIGGER payments_refund_forward ON payments_refund;
DROP TRIGGER payments_chargeback_forward ON payments_chargeback;
DROP TRIGGER payments_topup_kept ON payments_topup;
DROP TRIGGER payments_refund_kept ON payments_refund;
DROP TRIGGER payments_chargeback_kept ON payments_chargeback;
DROP TRIGGER payments_topup_never_emptied ON payments_topup;
DROP TRIGGER payments_refund_never_emptied ON payments_refund;
DROP TRIGGER payments_chargeback_never_emptied ON payments_chargeback;
DROP TRIGGER payments_refund_within ON payments_refund;
DROP FUNCTION payment_moves_forward, refund_is_within_payment;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("ledger", "0002_rules")]

    operations = [sql.run_file(__file__, "0002_rules.sql", undo=UNDO)]
