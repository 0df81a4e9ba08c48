"""Every write of payments, by subject: import the module, so that the call reads as a sentence (`refunds.request`)."""
