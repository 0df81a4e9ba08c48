"""What must be true of fees at every committed instant; billing.rating.verification asks these queries too.

rule -> a query of (row, found, proven) that returns the rows that break it.
"""

RULES = {
    "a fee = what its transaction moved out of the wallet": """
        SELECT f.id::text, f.amount, coalesce(m.moved, 0) FROM subscriptions_fee f
          JOIN wallets_wallet w ON w.id = f.wallet_id
          LEFT JOIN LATERAL (
              SELECT sum(e.amount) AS moved FROM ledger_entry e
                JOIN ledger_transaction t ON t.id = e.transaction_id AND t.kind = 'fee'
               WHERE e.transaction_id = f.transaction_id AND e.debit_id = w.account_id
          ) m ON true
         WHERE f.amount IS DISTINCT FROM coalesce(m.moved, 0)""",
    "a fee's transaction names its fee": """
        SELECT t.id::text, 0, 1 FROM ledger_transaction t
         WHERE t.kind = 'fee' AND NOT EXISTS (SELECT FROM subscriptions_fee f WHERE f.transaction_id = t.id)""",
    "a paid period has one fee": """
        SELECT s.id || '/' || s.number, count(f.id), s.number FROM subscriptions_subscription s
          LEFT JOIN subscriptions_fee f ON f.subscription_id = s.id AND f.kind = 'period' AND f.number <= s.number
         GROUP BY s.id HAVING count(f.id) <> s.number""",
    "a paid period has the quota of its plan": """
        SELECT f.id::text, coalesce(a.included, 0), p.quantity FROM subscriptions_fee f
          JOIN subscriptions_plan p ON p.id = f.plan_id
          LEFT JOIN promotions_allowance a ON a.id = f.allowance_id AND a.enrollment_id = f.enrollment_id
                AND a.wallet_id = f.wallet_id AND a.starts_at = f.starts_at
         WHERE f.kind = 'period' AND coalesce(a.included, 0) IS DISTINCT FROM p.quantity""",
    "a quota of a subscription was paid": """
        SELECT a.id::text, a.included, 0 FROM promotions_allowance a
         WHERE a.key LIKE 'subscription %'
           AND NOT EXISTS (SELECT FROM subscriptions_fee f WHERE f.allowance_id = a.id)""",
    "periods of a subscription do not overlap": """
        SELECT a.id::text, a.ends_at, b.starts_at FROM subscriptions_fee a
          JOIN subscriptions_fee b ON b.subscription_id = a.subscription_id AND b.number = a.number + 1
                AND b.kind = 'period'
         WHERE a.kind = 'period' AND a.ends_at > b.starts_at""",
    "a fee is in the currency of its wallet": """
        SELECT f.id::text, p.currency, w.currency FROM subscriptions_fee f
          JOIN subscriptions_plan p ON p.id = f.plan_id JOIN wallets_wallet w ON w.id = f.wallet_id
         WHERE p.currency <> w.currency""",
}
