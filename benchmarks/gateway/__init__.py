"""`python -m benchmarks.gateway`: calls a second and added latency, beside the upstream itself and nginx."""
