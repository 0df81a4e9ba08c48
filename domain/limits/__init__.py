"""Rate limits and constraints that sellers give their channels: what they mean, counted elsewhere."""
