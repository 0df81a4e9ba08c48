import django.db.models.deletion
from django.db import migrations, models

import common.models
from billing.ledger.models import finite


class Migration(migrations.Migration):
    dependencies = [("wallets", "0005_what_of_a_wallet_was_granted")]

    operations = [
        migrations.CreateModel(
            name="DailyBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("taken_at", models.DateTimeField()),
                ("available", common.models.AmountField(decimal_places=12, max_digits=30)),
                ("seq", models.BigIntegerField()),
                (
                    "wallet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="daily_balances",
                        to="wallets.wallet",
                    ),
                ),
            ],
            options={
                "ordering": ["wallet", "-date"],
                "constraints": [
                    models.UniqueConstraint(fields=("wallet", "date"), name="daily_balance_once"),
                    models.CheckConstraint(condition=finite("available"), name="daily_balance_is_a_number"),
                ],
            },
        ),
    ]
