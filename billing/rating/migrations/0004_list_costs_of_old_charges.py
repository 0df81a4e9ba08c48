"""Charges from before there were list costs: nothing was taken off them."""

from django.db import migrations

_FILL = """
ALTER TABLE rating_charge DISABLE TRIGGER rating_charge_append_only;
UPDATE rating_charge SET list_cost = cost WHERE cost <> 0;
ALTER TABLE rating_charge ENABLE TRIGGER rating_charge_append_only;
UPDATE rating_periodusage p SET listed = c.total
  FROM (SELECT wallet_id, period, service_id, enrollment_id, sum(cost) AS total
          FROM rating_charge GROUP BY 1, 2, 3, 4) c
 WHERE (p.wallet_id, p.period, p.service_id) = (c.wallet_id, c.period, c.service_id)
   AND p.enrollment_id IS NOT DISTINCT FROM c.enrollment_id;
"""


class Migration(migrations.Migration):
    dependencies = [("rating", "0003_list_costs_and_adjustments")]

    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]
