"""Money: the ledger, prices, wallets, promotions, and the rating of usage."""
