"""Card payments through the processor: top-ups, automatic ones, refunds, chargebacks, webhooks."""
