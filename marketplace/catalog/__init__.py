"""From seller files to services: providers, offerings, listings, revisions, documents, groups, search."""
