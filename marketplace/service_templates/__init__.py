"""Templates of services: operators write them, sellers fill in parameters; the result is uploaded as any service."""
