"""WebSockets: a request that asks for one leaves the door's HTTP and becomes a connection spliced to an upstream's.

`client` is what the door hands the connection to, `upstream` the other side; `handshake` checks and writes the heads of
both, `frames` reads what passes without taking it apart, `splice` carries it both ways and ends it, `session` is the
whole life of one. Extensions are never negotiated, so messages pass as they were written, and their bytes are what they
are.
"""
