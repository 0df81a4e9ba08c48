"""What must hold of sellers' money at every committed instant; part of `verify_ledger`.

Each rule is a query of (row, found, proven) that returns the rows that break it. The view `payouts_movement` is what
every transaction moved into a seller's account.
"""

from __future__ import annotations

RULES = {
    "what a seller is owed = earnings + adjustments - payouts": """
        SELECT a.id::text, coalesce(b.total, 0), coalesce(i.total, 0) + coalesce(d.total, 0) - coalesce(p.total, 0)
          FROM ledger_account a
          LEFT JOIN (SELECT account_id, sum(moved) AS total FROM payouts_movement m GROUP BY 1) b ON b.account_id = a.id
          LEFT JOIN (SELECT seller_id, currency, sum(earned) AS total FROM payouts_invoice
                      WHERE state IN ('finalized', 'funds_released') GROUP BY 1, 2) i
            ON (i.seller_id, i.currency) = (a.owner_id, a.currency)
          LEFT JOIN (SELECT seller_id, currency, sum(amount) AS total FROM payouts_adjustment
                      WHERE transaction_id IS NOT NULL GROUP BY 1, 2) d
            ON (d.seller_id, d.currency) = (a.owner_id, a.currency)
          LEFT JOIN (SELECT seller_id, currency, sum(amount) AS total FROM payouts_payout
                      WHERE state IN ('pending', 'sent', 'kept') GROUP BY 1, 2) p
            ON (p.seller_id, p.currency) = (a.owner_id, a.currency)
         WHERE a.kind = 'seller_payable'
           AND coalesce(b.total, 0) IS DISTINCT FROM
               coalesce(i.total, 0) + coalesce(d.total, 0) - coalesce(p.total, 0)""",
    "a finalized invoice has exactly its transaction": """
        SELECT i.id::text, coalesce(m.moved, 0),
               CASE WHEN i.state IN ('finalized', 'funds_released') THEN i.earned ELSE 0 END
          FROM payouts_invoice i
          LEFT JOIN payouts_movement m ON m.transaction_id = i.transaction_id
         WHERE coalesce(m.moved, 0) IS DISTINCT FROM
               CASE WHEN i.state IN ('finalized', 'funds_released') THEN i.earned ELSE 0 END""",
    "an adjustment = what its transaction moved": """
        SELECT d.id::text, d.amount, m.moved FROM payouts_adjustment d
          JOIN payouts_movement m ON m.transaction_id = d.transaction_id
         WHERE d.amount IS DISTINCT FROM m.moved""",
    "the adjustments of a finalized invoice are booked": """
        SELECT d.id::text, d.amount, 'nothing' FROM payouts_adjustment d JOIN payouts_invoice i ON i.id = d.invoice_id
         WHERE i.state IN ('finalized', 'funds_released') AND d.transaction_id IS NULL AND d.amount <> 0""",
    "earnings, their adjustments and payouts are in the books for a reason": """
        SELECT t.id::text, t.kind, 'nothing' FROM ledger_transaction t
         WHERE (t.kind = 'earning' AND NOT EXISTS (SELECT FROM payouts_invoice i WHERE i.transaction_id = t.id))
            OR (t.kind = 'earning_adjustment'
                AND NOT EXISTS (SELECT FROM payouts_adjustment d WHERE d.transaction_id = t.id))
            OR (t.kind = 'payout' AND NOT EXISTS (SELECT FROM payouts_payout p WHERE p.transaction_id = t.id))""",
    "an invoice earned = sum of its lines": """
        SELECT i.id::text, i.earned, coalesce(l.total, 0) FROM payouts_invoice i
          LEFT JOIN (SELECT invoice_id, sum(payout) AS total FROM payouts_invoiceline GROUP BY 1) l
            ON l.invoice_id = i.id
         WHERE i.earned IS DISTINCT FROM coalesce(l.total, 0)""",
    "an invoice adjusted = sum of its adjustments": """
        SELECT i.id::text, i.adjusted, coalesce(d.total, 0) FROM payouts_invoice i
          LEFT JOIN (SELECT invoice_id, sum(amount) AS total FROM payouts_adjustment GROUP BY 1) d
            ON d.invoice_id = i.id
         WHERE i.state <> 'voided' AND i.adjusted IS DISTINCT FROM coalesce(d.total, 0)""",
    "an invoice opens with what the one before closed": """
        SELECT id::text, opening, before FROM (
            SELECT id, opening, coalesce(lag(closing) OVER (
                       PARTITION BY seller_id, currency ORDER BY period), 0) AS before
              FROM payouts_invoice WHERE state <> 'voided'
        ) AS chain WHERE opening IS DISTINCT FROM before""",
    "the invoices of a seller are numbered without gaps": """
        SELECT seller_id::text, max(sequence), count(*) FROM payouts_invoice
         GROUP BY seller_id HAVING max(sequence) <> count(*)""",
    "a payout = what its transactions moved": """
        SELECT p.id::text, p.amount || ' ' || p.state,
               coalesce((SELECT sum(amount) FROM ledger_entry WHERE transaction_id = p.transaction_id), 0) || ', ' ||
               coalesce((SELECT sum(amount) FROM ledger_entry WHERE transaction_id = p.reversal_id), 0) || ', ' ||
               coalesce((SELECT sum(amount) FROM ledger_entry WHERE transaction_id = p.restored_id), 0)
          FROM payouts_payout p
          LEFT JOIN ledger_transaction r ON r.id = p.reversal_id
          LEFT JOIN ledger_transaction k ON k.id = p.restored_id
         WHERE p.amount IS DISTINCT FROM (SELECT sum(amount) FROM ledger_entry WHERE transaction_id = p.transaction_id)
            OR (p.reversal_id IS NOT NULL AND r.reverses_id IS DISTINCT FROM p.transaction_id)
            OR (p.restored_id IS NOT NULL AND k.reverses_id IS DISTINCT FROM p.reversal_id)""",
}
