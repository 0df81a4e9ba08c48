from django.db import migrations

from common import sql

#: Until now a month's usage was one row for all channels, and counted charges that waited for a price. The charges
#: tell it anew.
_ADD_UP_AGAIN = """
DELETE FROM rating_periodusage;
WITH priced AS (
    SELECT *, coalesce(flags ? 'late', false) AS is_late FROM rating_charge
     WHERE state = 'charged' AND outcome IN ('completed', 'interrupted') AND status BETWEEN 1 AND 399
), summed AS (
    SELECT wallet_id, period, service_id, enrollment_id, channel, is_late, count(*) AS requests,
           sum(list_cost) AS listed, sum(charged) AS charged
      FROM priced GROUP BY 1, 2, 3, 4, 5, 6
), measured AS (
    SELECT wallet_id, period, service_id, enrollment_id, channel, is_late, jsonb_object_agg(metric, total::text) AS metrics
      FROM (SELECT p.wallet_id, p.period, p.service_id, p.enrollment_id, p.channel, p.is_late, m.key AS metric,
                   sum(m.value::numeric) AS total
              FROM priced p CROSS JOIN LATERAL jsonb_each_text(p.usage) m GROUP BY 1, 2, 3, 4, 5, 6, 7) AS quantities
     GROUP BY 1, 2, 3, 4, 5, 6
)
INSERT INTO rating_periodusage (wallet_id, period, service_id, enrollment_id, channel, late, requests, listed, charged, metrics)
SELECT s.wallet_id, s.period, s.service_id, s.enrollment_id, s.channel, s.is_late, s.requests, s.listed, s.charged,
       coalesce(m.metrics, '{}')
  FROM summed s LEFT JOIN measured m
    ON (s.wallet_id, s.period, s.service_id, s.channel, s.is_late) = (m.wallet_id, m.period, m.service_id, m.channel, m.is_late)
   AND s.enrollment_id IS NOT DISTINCT FROM m.enrollment_id;
"""


class Migration(migrations.Migration):
    dependencies = [("rating", "0004_list_costs_of_old_charges")]

    operations = [
        sql.run_file(__file__, "0005_late_prices.sql", undo="SELECT 1"),
        migrations.RunSQL(_ADD_UP_AGAIN, migrations.RunSQL.noop),
    ]
