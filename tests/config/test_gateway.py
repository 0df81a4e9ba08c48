"""What a gateway process is told by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.env import SettingError
from config.gateway import gateway_settings
from gateway.grpc.settings import GrpcPort


@pytest.fixture
def environ(monkeypatch):
    """An environment in which a gateway starts, with more variables."""

    def given(**more: str) -> None:
        for name, value in {"API_KEY_PEPPER": "x", "DATABASE_URL": "postgresql:///x", **more}.items():
            monkeypatch.setenv(name, value)

    return given


class TestThePortForGrpc:
    def test_is_not_there_unless_it_is_asked_for(self, environ):
        environ()
        assert gateway_settings().grpc is None

    def test_has_the_files_of_its_certificate(self, environ):
        environ(GATEWAY_GRPC_PORT="8443", GATEWAY_GRPC_CERTIFICATE="/tls/chain.pem", GATEWAY_GRPC_KEY="/tls/key.pem")
        wanted = GrpcPort("0.0.0.0", 8443, Path("/tls/chain.pem"), Path("/tls/key.pem"))
        assert gateway_settings().grpc == wanted

    def test_is_refused_without_them(self, environ):
        environ(GATEWAY_GRPC_PORT="8443", GATEWAY_GRPC_CERTIFICATE="/tls/chain.pem")
        with pytest.raises(SettingError, match="needs GATEWAY_GRPC_CERTIFICATE and GATEWAY_GRPC_KEY"):
            gateway_settings()
