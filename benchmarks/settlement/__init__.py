"""How fast usage becomes charges, beside what PostgreSQL can write at all: `python -m benchmarks.settlement`."""
