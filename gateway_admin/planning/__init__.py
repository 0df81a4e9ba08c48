"""What a call would do, without making it: the gateway's own plan, made from the published records."""
