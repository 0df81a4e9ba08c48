"""`python -m benchmarks.gateway`: calls a second and added latency, beside the same upstream called directly and by nginx."""
