"""Making the calls: what a run sends, the way to the gateway, and the process that does it."""
