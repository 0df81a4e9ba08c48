"""Where files are kept that customers, sellers and the platform own: docs/storage.md."""
