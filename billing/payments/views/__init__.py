"""Pages of payments: top-ups, standing orders, cards, refunds; and the address of the processor's webhooks."""
