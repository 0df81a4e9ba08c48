"""What must be true of statements at every committed instant. `billing.rating.verification` asks these queries too.

rule -> a query of (row, found, proven) that returns the rows that break it.
"""

from __future__ import annotations

RULES = {
    "a statement's usage = sum of its lines": """
        SELECT s.number, s.usage, coalesce(l.net, 0) FROM statements_statement s
          LEFT JOIN (SELECT statement_id, sum(net) AS net, sum(listed) AS listed, sum(covered) AS covered,
                            sum(discounted) AS discounted, sum(waived) AS waived
                       FROM statements_statementline GROUP BY 1) l ON l.statement_id = s.id
         WHERE (s.usage, s.listed, s.covered, s.discounted, s.waived) IS DISTINCT FROM
               (coalesce(l.net, 0), coalesce(l.listed, 0), coalesce(l.covered, 0), coalesce(l.discounted, 0),
                coalesce(l.waived, 0))""",
    "a statement's usage = what its transaction moved out of the wallet": """
        SELECT s.number, s.usage, coalesce(m.moved, 0) FROM statements_statement s
          JOIN wallets_wallet w ON w.id = s.wallet_id
          LEFT JOIN LATERAL (
              SELECT sum(CASE WHEN e.debit_id = w.account_id THEN e.amount ELSE -e.amount END) AS moved
                FROM ledger_entry e
               WHERE e.transaction_id = s.transaction_id AND w.account_id IN (e.debit_id, e.credit_id)
          ) m ON true
         WHERE s.usage IS DISTINCT FROM coalesce(m.moved, 0)""",
    "a line's net = its entry in the ledger, of its statement's transaction": """
        SELECT s.number || '/' || l.position, l.net,
               CASE WHEN e.debit_id = w.account_id THEN e.amount ELSE -e.amount END
          FROM statements_statementline l
          JOIN statements_statement s ON s.id = l.statement_id
          JOIN wallets_wallet w ON w.id = s.wallet_id
          LEFT JOIN ledger_entry e ON e.id = l.entry_id AND e.transaction_id = s.transaction_id
         WHERE l.net <> 0
           AND l.net IS DISTINCT FROM CASE WHEN e.debit_id = w.account_id THEN e.amount ELSE -e.amount END""",
    "usage in the ledger is on a statement": """
        SELECT e.id::text, e.amount, 0 FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
         WHERE t.kind = 'usage' AND NOT EXISTS (SELECT FROM statements_statementline l WHERE l.entry_id = e.id)""",
    "the usage lines of a statement = the charges of its month": """
        SELECT coalesce(l.wallet_id, c.wallet_id) || ' ' || coalesce(l.period, c.period),
               coalesce(l.net, 0), coalesce(c.charged, 0)
          FROM (SELECT s.wallet_id, s.period, sum(l.net) AS net FROM statements_statement s
                  JOIN statements_statementline l ON l.statement_id = s.id AND l.kind = 'usage'
                 GROUP BY 1, 2) l
          FULL JOIN (SELECT c.wallet_id, c.period, sum(c.charged) AS charged FROM rating_charge c
                       JOIN wallets_wallet w ON w.id = c.wallet_id AND c.period < w.open_period
                      GROUP BY 1, 2) c ON (c.wallet_id, c.period) = (l.wallet_id, l.period)
         WHERE coalesce(l.net, 0) <> coalesce(c.charged, 0)""",
    "a line is the usage of its month": """
        SELECT s.number || '/' || l.position, l.net || ' in ' || l.requests,
               coalesce(p.charged, 0) || ' in ' || coalesce(p.requests, 0)
          FROM statements_statementline l
          JOIN statements_statement s ON s.id = l.statement_id
          LEFT JOIN rating_periodusage p
            ON (p.wallet_id, p.period, p.service_id, p.channel) = (s.wallet_id, s.period, l.service_id, l.channel)
           AND p.enrollment_id IS NOT DISTINCT FROM l.enrollment_id AND p.late = (l.late_months <> '[]')
         WHERE l.kind = 'usage' AND (l.net, l.requests) IS DISTINCT FROM (p.charged, p.requests)""",
    "statements of a wallet follow each other": """
        SELECT number, opening_seq || ': ' || opening_balance, last_seq || ': ' || last_balance FROM (
            SELECT *, lag(closing_seq, 1, 0) OVER months AS last_seq,
                   lag(closing_balance, 1, 0::numeric) OVER months AS last_balance
              FROM statements_statement WINDOW months AS (PARTITION BY wallet_id ORDER BY period)
        ) AS statements WHERE (opening_seq, opening_balance) IS DISTINCT FROM (last_seq, last_balance)""",
    "closing balance = opening balance + movements - usage": """
        SELECT s.number, s.closing_balance, s.opening_balance + m.moved - s.usage FROM statements_statement s
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(e.delta), 0) AS moved FROM wallets_walletentry e
                JOIN ledger_transaction t ON t.id = e.transaction_id
               WHERE e.wallet_id = s.wallet_id AND e.seq > s.opening_seq AND e.seq <= s.closing_seq
                 AND t.kind <> 'usage'
          ) m
         WHERE s.closing_balance IS DISTINCT FROM s.opening_balance + m.moved - s.usage""",
    "sum of the statements + open month = the wallet": """
        SELECT w.id::text, w.settled, last.closing_balance + m.moved FROM wallets_wallet w
          JOIN LATERAL (SELECT * FROM statements_statement s WHERE s.wallet_id = w.id
                         ORDER BY s.period DESC LIMIT 1) last ON true
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(e.delta), 0) AS moved FROM wallets_walletentry e
                JOIN ledger_transaction t ON t.id = e.transaction_id
               WHERE e.wallet_id = w.id AND e.seq > last.closing_seq AND t.kind <> 'usage'
          ) m
         WHERE w.settled IS DISTINCT FROM last.closing_balance + m.moved""",
    "a frozen month is closed": """
        SELECT s.number, s.period, w.open_period FROM statements_statement s
          JOIN wallets_wallet w ON w.id = s.wallet_id
         WHERE w.open_period IS NULL OR s.period >= w.open_period
            OR (s.team_id, s.currency) <> (w.team_id, w.currency)""",
    "statements are numbered without gaps": """
        SELECT c.year::text, c.last, count(s.id) || ' up to ' || coalesce(max(s.serial), 0)
          FROM statements_statementcounter c LEFT JOIN statements_statement s ON s.year = c.year
         GROUP BY c.year, c.last HAVING c.last <> count(s.id) OR c.last <> coalesce(max(s.serial), 0)""",
    "a statement has its year's number": """
        SELECT s.number, s.number, s.year || '-' || lpad(s.serial::text, 6, '0') FROM statements_statement s
         WHERE s.number <> s.year || '-' || lpad(s.serial::text, 6, '0')
            OR NOT EXISTS (SELECT FROM statements_statementcounter c WHERE c.year = s.year)""",
    "a stored file is what its hash says": """
        SELECT f.id::text, f.sha256, encode(sha256(f.content), 'hex') FROM statements_statementfile f
         WHERE f.sha256 <> encode(sha256(f.content), 'hex') OR f.size <> length(f.content)""",
}
