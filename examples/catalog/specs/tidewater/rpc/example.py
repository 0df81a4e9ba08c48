"""Send a message and read it back. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY, and the package grpcio."""

import os
from urllib.parse import urlsplit

import grpc

address = urlsplit(os.environ["SERVICE_BASE_URL"])
metadata = (("authorization", f"Bearer {os.environ['UNITYSVC_API_KEY']}"), ("x-service-path", address.path))
# what `EchoMessage(text="hello").SerializeToString()` of generated code gives
message = b"\x0a\x05hello"
if address.scheme == "https":
    channel = grpc.secure_channel(address.netloc, grpc.ssl_channel_credentials())
else:
    channel = grpc.insecure_channel(address.netloc)
with channel:
    answer = channel.unary_unary("/demo.Echo/Unary")(message, metadata=metadata, timeout=10)
print(answer[2:].decode())
