"""Where gRPC is heard over TLS, beside the common port."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GrpcPort:
    """certificate, key: PEM files, the certificate with its chain; looked at anew every reload_seconds."""

    host: str
    port: int
    certificate: Path
    key: Path
    reload_seconds: float = 60.0
