"""API keys: shown once, stored as a peppered HMAC, refused within a second of revocation."""
