"""What an account prefers, by name: where notices go, which AI answers, what of calls is kept."""
