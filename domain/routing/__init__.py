"""Which service a path means, and the records the control plane publishes for the data plane."""
