"""Words about identities and sessions, for templates."""
