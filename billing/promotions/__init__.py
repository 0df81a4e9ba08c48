"""Price rules of sellers and of the platform, as uploaded."""
