"""What lives longer than a call: WebSockets and gRPC streams, whatever they are carried by.

`admission` lets one in by the same steps as a call, `funds` moves the bound of what is paid for, `course` keeps its
books while it lives and ends it once, `dialing` opens connections to upstreams.
"""
