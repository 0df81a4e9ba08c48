"""Whose fault a failed test is: the seller's files, the credentials, the upstream, the platform. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.testing.models import Fault, Outcome

#: What the gateway itself says, by the code of its refusal; what is not listed is the platform's.
_REFUSALS: dict[str, Fault] = {
    **dict.fromkeys(
        (
            "config_error", "price_not_computable", "wrong_access_method", "channel_missing", "channel_unsupported",
            "channel_not_found", "routing_key_unknown", "service_not_found", "egress_refused", "not_translatable",
            "body_not_json", "body_too_large", "batch_too_large", "bad_request_head", "budget_spent", "rate_limited",
            "too_many_concurrent", "quota_exceeded", "answer_too_large", "enrollment_required", "cannot_test",
            "websocket_required", "grpc_required", "http_required", "grpc_malformed", "not_for_connections",
        ),
        Fault.SELLER_FILE,
    ),
    **dict.fromkeys(("secret_missing", "secret_consent_required"), Fault.CREDENTIALS),
    **dict.fromkeys(
        (
            "upstream_refused", "upstream_timeout", "upstream_closed", "upstream_bad_response", "upstream_circuit_open",
            "upstream_busy", "upstream_error", "failed_by_rule", "deadline_exceeded",
        ),
        Fault.UPSTREAM,
    ),
}  # fmt: skip
_CREDENTIALS = frozenset({401, 403, 407})
_WORDS = {
    Fault.SELLER_FILE: "Your files",
    Fault.CREDENTIALS: "Credentials",
    Fault.UPSTREAM: "Upstream",
    Fault.PLATFORM: "Platform",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one call came to. status: 0 when there was no answer. code: of the gateway's own refusal.

    problem: what is wrong, "" when nothing is.
    """

    status: int
    problem: str
    code: str = ""

    @property
    def is_pass(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class Attribution:
    """sentence: begins with whose fault it is."""

    outcome: Outcome
    fault: Fault
    sentence: str


def attribute(gateway: Verdict, upstream: Mapping[str, Verdict]) -> Attribution:
    """Return whose fault it is that a call through the gateway failed. upstream: what direct calls came to."""
    first = _fault(gateway)
    if not upstream:
        return _told(Outcome.GATEWAY_ONLY_FAIL, first, gateway.problem)
    passed = sorted(name for name, verdict in upstream.items() if verdict.is_pass)
    if not passed:
        name, verdict = min(upstream.items())
        problem = verdict.problem if verdict.problem == gateway.problem else f"{gateway.problem}; {verdict.problem}"
        return _told(Outcome.UPSTREAM_FAULT, _fault(verdict), f"{problem} (channel {name}, asked directly)")
    if gateway.code and first in {Fault.SELLER_FILE, Fault.CREDENTIALS}:
        return _told(Outcome.GATEWAY_ONLY_FAIL, first, gateway.problem)
    problem = f"{gateway.problem}, although the channel {passed[0]} answers when it is asked directly"
    return _told(Outcome.PLATFORM_FAULT, Fault.PLATFORM, problem)


def _fault(verdict: Verdict) -> Fault:
    if verdict.code == "config_error" and "secret" in verdict.problem:
        return Fault.CREDENTIALS
    if verdict.code:
        return _REFUSALS.get(verdict.code, Fault.PLATFORM)
    if not verdict.status:
        return Fault.PLATFORM
    if verdict.status in _CREDENTIALS:
        return Fault.CREDENTIALS
    return Fault.UPSTREAM if verdict.status >= 500 or verdict.status == 429 else Fault.SELLER_FILE


def _told(outcome: Outcome, fault: Fault, problem: str) -> Attribution:
    return Attribution(outcome, fault, f"{_WORDS[fault]}: {problem}")
