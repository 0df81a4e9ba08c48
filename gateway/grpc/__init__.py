"""gRPC: HTTP/2 at the door and towards upstreams, each call a stream that is carried message by message.

`link` is one HTTP/2 connection of either side and its streams, `server` what the door hands a connection to that begins
with HTTP/2's preface, `upstream` the connections that are kept to upstreams, `rpc` the whole life of one call, `status`
what gRPC calls the errors, `messages` counts what passes. Messages are never unpacked.
"""
