"""What sellers earn: monthly invoices, balances, payouts."""
