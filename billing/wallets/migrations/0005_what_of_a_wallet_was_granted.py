from django.db import migrations, models
from django.db.models import Q

import common.models
from billing.ledger.models import finite, not_negative


class Migration(migrations.Migration):
    dependencies = [("wallets", "0004_overdrawn_wallets")]

    operations = [
        migrations.AddField(
            "walletentry", "available_after", common.models.AmountField(decimal_places=12, max_digits=30, null=True)
        ),
        migrations.AddField(
            "walletentry", "granted_after", common.models.AmountField(decimal_places=12, max_digits=30, null=True)
        ),
        migrations.AddConstraint(
            "walletentry",
            models.CheckConstraint(
                condition=Q(available_after__isnull=True, granted_after__isnull=True)
                | (finite("available_after") & not_negative("granted_after")),
                name="wallet_entry_remainders_are_numbers",
            ),
        ),
    ]
