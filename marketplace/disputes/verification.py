"""What must hold of disputes at every committed instant; part of `verify_ledger`.

Each rule is a query of (row, found, proven) that returns the rows that break it.
"""

from __future__ import annotations

RULES = {
    "the credits of a charge's disputes <= what was charged": """
        SELECT d.charge_id::text, sum(d.credited), coalesce(max(c.charged), 0) FROM disputes_dispute d
          LEFT JOIN rating_charge c ON c.event_id = d.charge_id
         GROUP BY d.charge_id HAVING sum(d.credited) > coalesce(max(c.charged), 0)""",
    "a dispute's credit = what its transaction moved into the wallet": """
        SELECT d.id::text, d.credited, coalesce(e.delta, 0) FROM disputes_dispute d
          LEFT JOIN wallets_walletentry e ON e.transaction_id = d.transaction_id AND e.wallet_id = d.wallet_id
         WHERE d.credited IS DISTINCT FROM coalesce(e.delta, 0)""",
    "a credit for a dispute is in the books for one": """
        SELECT t.id::text, t.kind, 'nothing' FROM ledger_transaction t
         WHERE t.kind = 'dispute_credit'
           AND NOT EXISTS (SELECT FROM disputes_dispute d WHERE d.transaction_id = t.id)""",
    "a dispute names the wallet and the customer of its charge": """
        SELECT d.id::text, d.wallet_id || ' of ' || d.team_id, c.wallet_id || ' of ' || c.team_id
          FROM disputes_dispute d LEFT JOIN rating_charge c ON c.event_id = d.charge_id
         WHERE (d.wallet_id, d.team_id, d.service_id) IS DISTINCT FROM (c.wallet_id, c.team_id, c.service_id)""",
}
