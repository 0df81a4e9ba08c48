"""What must hold of payments at every committed instant; part of `verify_ledger`.

Each rule is a query of (row, found, proven) that returns the rows that break it.
"""

from __future__ import annotations

#: What every transaction moved from the money with the processor into a wallet.
_MOVED = """
    SELECT e.transaction_id,
           sum(CASE WHEN d.kind = 'card_clearing' THEN e.amount WHEN c.kind = 'card_clearing' THEN -e.amount ELSE 0 END)
               AS moved
      FROM ledger_entry e JOIN ledger_account d ON d.id = e.debit_id JOIN ledger_account c ON c.id = e.credit_id
     GROUP BY 1
"""

_RULES = {
    "a paid top-up = what its transaction brought": """
        SELECT t.id::text, t.received, m.moved FROM payments_topup t
          LEFT JOIN (MOVED) m ON m.transaction_id = t.transaction_id
         WHERE t.state = 'succeeded' AND t.received IS DISTINCT FROM m.moved""",
    "a refund = what its transaction took, and nothing when it failed": """
        SELECT r.id::text, r.amount || ' ' || r.state, coalesce(m.moved, 0) || ', ' || coalesce(b.moved, 0)
          FROM payments_refund r
          LEFT JOIN (MOVED) m ON m.transaction_id = r.transaction_id
          LEFT JOIN (MOVED) b ON b.transaction_id = r.reversal_id
         WHERE -r.amount IS DISTINCT FROM m.moved
            OR coalesce(b.moved, 0) <> CASE WHEN r.state IN ('canceled', 'failed') THEN r.amount ELSE 0 END""",
    "a chargeback = what its transaction took, and nothing when it was won": """
        SELECT k.id::text, k.amount || ' ' || k.state, coalesce(m.moved, 0) || ', ' || coalesce(b.moved, 0)
          FROM payments_chargeback k
          LEFT JOIN (MOVED) m ON m.transaction_id = k.transaction_id
          LEFT JOIN (MOVED) b ON b.transaction_id = k.reversal_id
         WHERE -k.amount IS DISTINCT FROM m.moved
            OR coalesce(b.moved, 0) <> CASE WHEN k.state = 'won' THEN k.amount ELSE 0 END""",
    "no more is refunded than was paid": """
        SELECT t.id::text, r.total, t.received FROM payments_topup t
          JOIN (SELECT top_up_id, sum(amount) AS total FROM payments_refund
                 WHERE state IN ('pending', 'succeeded') GROUP BY 1) r ON r.top_up_id = t.id
         WHERE r.total > coalesce(t.received, 0)""",
    "what payments booked has its top-up, refund or chargeback": """
        SELECT t.id::text, t.idempotency_key, 'nothing' FROM ledger_transaction t
         WHERE (t.idempotency_key LIKE 'top_up:%'
                AND NOT EXISTS (SELECT FROM payments_topup p WHERE p.transaction_id = t.id))
            OR (t.idempotency_key LIKE 'refund:%'
                AND NOT EXISTS (SELECT FROM payments_refund r WHERE r.transaction_id = t.id))
            OR (t.idempotency_key LIKE 'chargeback:%'
                AND NOT EXISTS (SELECT FROM payments_chargeback k WHERE k.transaction_id = t.id))""",
    "at most one automatic top-up is under way": """
        SELECT wallet_id::text, count(*), 1 FROM payments_topup
         WHERE kind = 'automatic' AND state IN ('pending', 'action_required', 'processing')
         GROUP BY 1 HAVING count(*) > 1""",
    "what was granted is no more than what was available": """
        SELECT wallet_id || '/' || seq, granted_after, greatest(available_after, 0) FROM wallets_walletentry
         WHERE granted_after > greatest(available_after, 0)""",
}

RULES = {rule: query.replace("(MOVED)", f"({_MOVED})") for rule, query in _RULES.items()}
