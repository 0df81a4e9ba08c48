"""Double entry: accounts, transactions, entries. Append-only."""
