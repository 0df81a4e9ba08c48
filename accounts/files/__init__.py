"""Files of an account: of a member alone, or of the whole team. docs/storage.md."""
