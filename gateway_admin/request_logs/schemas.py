"""What the request logs' API takes and says."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from accounts.teams.callers import KeyRequest
from common.ninja import Moment
from gateway_admin.request_logs import filters, queries
from gateway_admin.request_logs.filters import Filter

Json = dict[str, Any]
Source = Literal["gateway", "upstream", "client", "money", "limit"]


class LogQuery(Schema):
    """What is wanted. Without times it is the last 24 hours."""

    service_id: UUID | None = None
    service_enrollment_id: UUID | None = None
    status: Literal["2xx", "3xx", "4xx", "5xx"] | None = None
    status_min: int | None = Field(None, ge=100, le=599)
    status_max: int | None = Field(None, ge=100, le=599)
    start_time: Moment | None = None
    end_time: Moment | None = None
    user_request_path: str | None = Field(None, max_length=500)
    error_source: Source | None = None
    error_type: str | None = Field(None, max_length=64)
    gateway_source: Literal["apisix", "backend"] | None = None
    recurrent_request_id: UUID | None = None
    api_key_id: UUID | None = None
    alias: str | None = Field(None, max_length=80)
    session: str | None = Field(None, max_length=100)
    text: str | None = Field(None, max_length=200)
    request_id: UUID | None = None
    min_latency_ms: float | None = Field(None, ge=0)
    errors_only: bool = False
    calls_only: bool = False

    def wanted(self, request: KeyRequest) -> Filter:
        """Return it as the searches take it."""
        runs = queries.runs_of(team=request.team, schedule_id=self.recurrent_request_id)
        return filters.made(self.model_dump(), now=timezone.now(), runs=runs)


class LogWindow(Schema):
    """cursor: from `next_cursor`; the list goes on there, however long it is."""

    skip: int = Field(0, ge=0, le=10_000)
    limit: int = Field(50, ge=1, le=200)
    cursor: UUID | None = None


class LogItem(Schema):
    log_id: str
    event_id: str
    event_timestamp: str
    gateway_source: str
    customer_id: str | None
    service_id: str | None
    service_enrollment_id: str | None
    user_request_method: str
    user_request_path: str
    upstream_response_status_code: int | None
    upstream_response_time_ms: float | None
    error_source: str | None
    error_type: str | None
    recurrent_request_id: str | None
    call_id: str
    role: str
    status: int
    error_origin: str | None
    error_message: str | None
    primitives: str
    alias: str | None
    channel: str | None
    routing_key: Json | None
    session: str | None
    api_key_id: str | None
    origin: str
    latency_ms: float
    ttfb_ms: float | None
    request_bytes: int
    response_bytes: int
    memo: str | None
    memo_age_seconds: int | None
    stages: Json
    flags: list[str]
    usage: Json
    cost: Json | None
    log: str


class KeptSide(Schema):
    """What is kept of one direction. headers and body are null when nothing is; body: JSON, text, or base 64."""

    headers: dict[str, str] | None
    body: Any = None
    body_bytes: int | None = None
    body_truncated: bool | None = None
    body_missing_because: str | None = None


class UserRequest(KeptSide):
    method: str
    path: str
    content_type: str


class UpstreamResponse(KeptSide):
    status_code: int
    time_ms: float | None


class UsageEvent(Schema):
    """customer_charge: what the call cost; null until it is settled."""

    usage_metrics: dict[str, int | float]
    customer_charge: str | None
    pricing_bundle_id: str | None


class CallError(Schema):
    category: str
    request_id: str


class LogDetail(LogItem):
    user_id: str
    user_request: UserRequest
    upstream_response: UpstreamResponse | None
    usage_event: UsageEvent | None
    error: CallError | None
    forgotten_at: str | None
    attempts: list[LogItem]


class LogPage(Schema):
    """total_is_exact: false when there are more than one search looks at. next_cursor: null at the end."""

    total_count: int
    total_is_exact: bool
    skip: int
    limit: int
    items: list[LogItem]
    next_cursor: str | None


class Enabled(Schema):
    enabled: bool
