from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_payout_terms_of_services_on_sale")]

    operations = [
        migrations.AddField(
            model_name="servicegroup",
            name="rule_revision",
            field=models.PositiveIntegerField(default=1, help_text="Counts what the members were chosen by."),
        ),
    ]
