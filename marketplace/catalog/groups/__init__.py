"""A seller's groups of services over JSON and on pages. Their rules and members: services and queries above."""
