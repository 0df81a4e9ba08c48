"""The control plane of the gateway: keys, secrets, and what the data plane is told."""
