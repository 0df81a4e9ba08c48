"""What a program asks twice under one key happens once: docs/api.md."""
