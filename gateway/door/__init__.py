"""The way in: HTTP/1.1 on a socket, without a framework between the parser and the pipeline.

`protocol` is what uvicorn mounts (`--http gateway.door.protocol:DoorProtocol`): one connection, its parser and its
calls. `pacing` waits for who is slow, `closing` ends connections. `heads` says which requests are taken and which are
refused, `answers` writes status lines and headers, `call` carries one request through the pipeline, `limits` has the
numbers.
"""
