from datetime import UTC

from django.db import migrations


def agree(apps, schema_editor):
    """Services that were approved before payouts were written down have had their payout price from the start."""
    service_model = apps.get_model("catalog", "Service")
    terms = apps.get_model("payouts", "PayoutTerm").objects
    on_sale = service_model.objects.filter(revision_of__isnull=True, approved_at__isnull=False)
    for service in on_sale.select_related("offering").iterator():
        month = min(service.approved_at, service.created_at).astimezone(UTC).date().replace(day=1)
        terms.get_or_create(
            service_id=service.pk,
            from_period=month,
            defaults={
                "seller_id": service.seller_id,
                "price_id": service.offering.payout_price_id,
                "currency": service.offering.currency,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_catalog"), ("payouts", "0002_rules")]

    operations = [migrations.RunPython(agree, migrations.RunPython.noop)]
