"""A customer's opt-in to a service: accepted price, parameters, code, interfaces."""
