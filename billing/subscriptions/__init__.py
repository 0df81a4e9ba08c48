"""Subscription plans: a monthly fee, an included quota per enrollment, a price beyond it."""
