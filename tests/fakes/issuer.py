"""The part of an identity provider that signs: its description of itself, its keys, its tokens."""

from __future__ import annotations

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Issuer:
    """A provider at `url`. Use it as a context."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        issuer = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = issuer.keys() if self.path == "/jwks" else issuer.description()
                body = json.dumps(page).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Issuer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def description(self) -> dict[str, str]:
        return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", "end_session_endpoint": f"{self.url}/logout"}

    def keys(self) -> dict[str, Any]:
        return {"keys": [{**RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True), "kid": "k", "alg": "RS256"}]}

    def logout_token(self, *, key: Any = None, leave_out: str = "", **changes: Any) -> str:
        """Return a token that says that a session has ended."""
        claims = {
            "iss": self.url,
            "aud": "market",
            "iat": int(time.time()),
            "jti": str(uuid.uuid4()),
            "events": {LOGOUT: {}},
            "sub": "u1",
        }
        claims = {name: value for name, value in {**claims, **changes}.items() if name != leave_out}
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers={"kid": "k"})
