"""Calls to upstreams: egress guard, HTTP/1.1 client, header filters.

`client` is the door. `egress` decides where a call may go, `headers` what may cross, `connection` speaks HTTP,
`pool` keeps connections, `response` holds the answer, `deadlines` ends what takes too long.
"""
