from decimal import Decimal

from django.db import migrations, models
from django.db.models import F, Q

import common.models
from billing.ledger.models import finite, not_negative
from common import sql

UNDO = "DROP TRIGGER wallets_wallet_overdraft ON wallets_wallet; DROP FUNCTION shrink_overdraft();"


class Migration(migrations.Migration):
    dependencies = [("wallets", "0003_periods_and_attention")]

    operations = [
        migrations.RemoveConstraint("wallet", "wallet_amounts_are_numbers"),
        migrations.RemoveConstraint("wallet", "wallet_is_above_its_floor"),
        migrations.AddField(
            "wallet",
            "overdrawn",
            common.models.AmountField(db_default=Decimal("0"), decimal_places=12, default=Decimal("0"), max_digits=30),
        ),
        migrations.AddConstraint(
            "wallet",
            models.CheckConstraint(
                condition=finite("settled") & not_negative("usage", "held", "credit_limit", "overdrawn"),
                name="wallet_amounts_are_numbers",
            ),
        ),
        migrations.AddConstraint(
            "wallet",
            models.CheckConstraint(
                condition=Q(settled__gte=F("usage") + F("held") - F("credit_limit") - F("overdrawn")),
                name="wallet_is_above_its_floor",
            ),
        ),
        sql.run_file(__file__, "0004_overdrawn_wallets.sql", undo=UNDO),
    ]
