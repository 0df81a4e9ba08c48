"""What is true of every charge: of what it consists, and what it counts in. Part of `billing.rating.verification`."""

from __future__ import annotations

#: rule -> a query of (row, found, proven) that returns the rows that break it.
CHARGE_RULES = {
    "usage of a period = sum of its charges": """
        SELECT coalesce(p.id::text, c.wallet_id || ' ' || c.period),
               (p.requests, p.listed, p.covered, p.discounted, p.discounted_by_platform, p.charged)::text,
               (c.requests, c.listed, c.covered, c.discounted, c.discounted_by_platform, c.charged)::text
          FROM rating_periodusage p
          FULL JOIN (
              SELECT wallet_id, period, service_id, coalesce(enrollment_id::text, '') AS enrollment, channel,
                     flags ? 'late' AS late, count(*) AS requests, sum(list_cost) AS listed, sum(charged) AS charged,
                     sum(a.covered) AS covered, sum(a.discounted) AS discounted,
                     sum(a.discounted_by_platform) AS discounted_by_platform
                FROM rating_charge CROSS JOIN LATERAL (
                    SELECT coalesce(sum(amount) FILTER (WHERE kind = 'allowance'), 0) AS covered,
                           coalesce(sum(amount) FILTER (WHERE kind = 'promotion'), 0) AS discounted,
                           coalesce(sum(amount) FILTER (WHERE kind = 'promotion' AND funded_by = 'platform'), 0)
                               AS discounted_by_platform
                      FROM jsonb_to_recordset(adjustments) AS each (kind text, amount numeric, funded_by text)
                ) a
               WHERE state = 'charged' AND outcome IN ('completed', 'interrupted') AND status BETWEEN 1 AND 399
               GROUP BY 1, 2, 3, 4, 5, 6
          ) c ON (p.wallet_id, p.period, p.service_id, coalesce(p.enrollment_id::text, ''), p.channel, p.late)
               = (c.wallet_id, c.period, c.service_id, c.enrollment, c.channel, c.late)
         WHERE (p.requests, p.listed, p.covered, p.discounted, p.discounted_by_platform, p.charged) IS DISTINCT FROM
               (c.requests, c.listed, c.covered, c.discounted, c.discounted_by_platform, c.charged)""",
    "usage of the hours = charges, by month, service, channel, key and name": """
        SELECT coalesce(h.wallet_id, c.wallet_id) || ' ' || coalesce(h.period, c.period),
               (h.requests, h.failures, h.charged)::text, (c.requests, c.failures, c.charged)::text
          FROM (
              SELECT wallet_id, period, service_id, channel, coalesce(api_key_id::text, '') AS api_key, alias,
                     sum(requests) AS requests, sum(failures) AS failures, sum(charged) AS charged
                FROM rating_hourlyusage GROUP BY 1, 2, 3, 4, 5, 6
          ) h
          FULL JOIN (
              SELECT wallet_id, period, service_id, channel, coalesce(api_key_id::text, '') AS api_key, alias,
                     count(*) FILTER (WHERE is_billable) AS requests,
                     count(*) FILTER (WHERE NOT is_billable) AS failures, sum(charged) AS charged
                FROM (SELECT *, outcome IN ('completed', 'interrupted') AND status BETWEEN 1 AND 399 AS is_billable
                        FROM rating_charge WHERE state = 'charged') AS priced
               GROUP BY 1, 2, 3, 4, 5, 6
          ) c ON (h.wallet_id, h.period, h.service_id, h.channel, h.api_key, h.alias)
               = (c.wallet_id, c.period, c.service_id, c.channel, c.api_key, c.alias)
         WHERE (h.requests, h.failures, h.charged) IS DISTINCT FROM (c.requests, c.failures, c.charged)""",
    "list cost less adjustments = cost, none of them below 0": """
        SELECT event_id::text, cost, list_cost - a.total FROM rating_charge CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount), 0) AS total, coalesce(min(amount), 0) AS smallest
              FROM jsonb_to_recordset(adjustments) AS each (amount numeric)
        ) a
         WHERE cost IS DISTINCT FROM list_cost - a.total OR a.smallest < 0""",
    "used of an allowance = what charges were covered by it": """
        SELECT coalesce(a.id::text, c.id), a.used, coalesce(c.total, 0) FROM promotions_allowance a
          FULL JOIN (
              SELECT id, sum(quantity) AS total FROM rating_charge
               CROSS JOIN LATERAL jsonb_to_recordset(adjustments) AS each (kind text, id text, quantity numeric)
               WHERE adjustments <> '[]' AND kind = 'allowance' GROUP BY 1
          ) c ON c.id = a.id::text
         WHERE a.used IS DISTINCT FROM coalesce(c.total, 0) OR NOT a.used <= a.included""",
    "uses of a promotion = charges that count against its quota": """
        SELECT r.id::text, r.uses, coalesce(c.number, 0) || ' up to use ' || coalesce(c.last, 0)
          FROM promotions_pricerule r
          LEFT JOIN (
              SELECT id, count(*) AS number, max(use) AS last FROM rating_charge
               CROSS JOIN LATERAL jsonb_to_recordset(adjustments) AS each (id text, use integer)
               WHERE adjustments <> '[]' AND use IS NOT NULL GROUP BY 1
          ) c ON c.id = r.id::text
         WHERE r.uses <> coalesce(c.number, 0) OR r.uses <> coalesce(c.last, 0)""",
}
