"""What the steps work with."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.compiled import Prices
from gateway.leases import LeaseBook
from gateway.records import Records
from gateway.secrets import Secrets
from gateway.settings import GatewaySettings
from gateway.spool.spool import Spool
from gateway.upstream.client import UpstreamClient
from gateway.use_marks import UseBook


@dataclass(frozen=True, slots=True)
class Deps:
    settings: GatewaySettings
    records: Records
    prices: Prices
    secrets: Secrets
    leases: LeaseBook
    spool: Spool
    upstream: UpstreamClient
    use_marks: UseBook
