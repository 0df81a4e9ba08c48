"""Where an answer may be another one than a check of schemathesis expects: which, and why.

Everything else is mended in the server or in its document, never here.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """check: its failure's class; operation: "POST /v1/x/", or "" for all; code: of the answer, "" for any."""

    check: str
    operation: str
    code: str


_REFUSED = "RejectedPositiveData"
_GRAMMAR = "what a path may be is the grammar of docs/gateway.md, which no pattern of a schema can say"
_FILES = "what a file may say is checked by the rules of files; its schema here is free JSON for all their layouts"
_STATE = "what it is about is not in a state that allows it, which no schema knows; clients read 400 there"
_TOGETHER = "one field alone is right, but not together with another or without one"
_STATES = """
balance_negative balance_too_small chain_unusable customers_only deletion_refused dispute_window_over group_refused
invalid_parameters invoice_not_open not_executable not_payable not_skippable not_tested payout_account_missing
payout_account_restricted plan_required price_changed seller_closed service_not_offered test_skipped
too_many_test_runs transition_refused visibility_refused
"""
EXCEPTIONS: dict[Kind, str] = {
    Kind(_REFUSED, "", "invalid_target"): _GRAMMAR,
    Kind(_REFUSED, "", "reserved_name"): "a few names mean something of their own in a path",
    Kind(_REFUSED, "", "invalid_routing_key"): "a routing key is a small object of plain values",
    Kind(_REFUSED, "POST /v1/resolve", ""): _GRAMMAR,
    Kind(_REFUSED, "POST /v1/recurrent-requests/", "invalid_request"): _GRAMMAR,
    Kind(_REFUSED, "PATCH /v1/recurrent-requests/{request_id}", "invalid_request"): _GRAMMAR,
    Kind(_REFUSED, "PATCH /v1/recurrent-requests/{request_id}", "invalid_schedule"): "cron lines have a grammar",
    Kind(_REFUSED, "POST /v1/delayed-requests/", "invalid_request"): _GRAMMAR,
    Kind(_REFUSED, "POST /v1/delayed-requests/", "invalid_schedule"): _TOGETHER,
    Kind(_REFUSED, "PUT /v1/preferences/{name}", "invalid"): "each preference has values of its own",
    Kind(_REFUSED, "GET /v1/usage/cycle", "invalid"): "months that are to come, or were before anything was sold",
    Kind(_REFUSED, "POST /v1/enrollments/", "invalid"): "parameters are checked by the schema of the service",
    Kind(_REFUSED, "POST /v1/files/upload", "invalid"): "names that lead out of the folder are refused",
    Kind(_REFUSED, "POST /v1/seller/files/upload", "invalid"): "the same",
    Kind(_REFUSED, "GET /v1/files/list", "invalid"): "tokens are those that a list has given; folders as for uploads",
    Kind(_REFUSED, "GET /v1/seller/files/list", "invalid"): "the same",
    Kind(_REFUSED, "GET /v1/groups/{name}/services", "invalid"): "cursors are those that a list has given",
    Kind(_REFUSED, "GET /v1/seller/services", "invalid"): "the same; and patterns of names are no regular expressions",
    Kind(_REFUSED, "GET /v1/seller/service-groups", "invalid"): "cursors are those that a list has given",
    Kind(_REFUSED, "GET /v1/seller/promotions", "invalid"): "the same",
    Kind(_REFUSED, "GET /v1/seller/invoices", "invalid"): "the same",
    Kind(_REFUSED, "GET /v1/seller/payouts", "invalid"): "the same",
    Kind(_REFUSED, "POST /v1/seller/services", "invalid"): _FILES,
    Kind(_REFUSED, "POST /v1/seller/platform-services", "invalid"): _FILES,
    Kind(_REFUSED, "PATCH /v1/seller/services/{service_id}", "invalid"): _FILES,
    Kind(_REFUSED, "POST /v1/seller/services/from-template", ""): "parameters are checked by the template's schema",
    Kind(_REFUSED, "POST /v1/seller/services/from-template/render", ""): "the same",
    Kind(_REFUSED, "POST /v1/seller/instances", ""): "the same",
    Kind(_REFUSED, "PUT /v1/seller/service-groups", "invalid"): _FILES,
    Kind(_REFUSED, "PATCH /v1/seller/service-groups/{group_id}", "invalid"): _FILES,
    Kind(_REFUSED, "POST /v1/seller/service-groups/preview", "invalid"): _FILES,
    Kind(_REFUSED, "PUT /v1/seller/promotions", "invalid"): _FILES,
    Kind(_REFUSED, "PATCH /v1/seller/promotions/{promotion_id}", "invalid"): _FILES,
    **{Kind(_REFUSED, "", code): _STATE for code in _STATES.split()},
}


def reason(check: str, operation: str, code: str, *, holds_nul: bool = False) -> str:
    """Return why a failure of a check is none; "" when it is one. holds_nul: the request has U+0000 in it."""
    if check == _REFUSED and holds_nul:
        return "U+0000 cannot be stored, wherever it stands, and no schema can forbid it in names of fields"
    kinds = (Kind(check, each, said) for each in (operation, "") for said in (code, ""))
    return next((EXCEPTIONS[kind] for kind in kinds if kind in EXCEPTIONS), "")
