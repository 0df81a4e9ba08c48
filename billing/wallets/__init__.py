"""Prepaid wallets, leases of money to gateways, the three numbers."""
