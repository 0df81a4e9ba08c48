"""No constraint is silently ignored: each is kept by the gateway, or said to be for people only."""

from __future__ import annotations

import pytest

from domain.limits.constraints import FIELDS, Constraints, constraints_of, quota_rules
from marketplace.catalog.files.problems import Findings
from marketplace.catalog.files.rate_limits import check_constraints
from tests.architecture import constraints

#: A value of each field that an upload accepts.
VALUES = {
    "quota_unit": "tokens", "quota_reset_cycle": "weekly", "overage_policy": "throttle", "auth_methods": ["api_key"],
    "ip_whitelist_required": True, "tls_version_min": "1.2", "content_filters": ["pii"], "input_languages": ["en"],
    "output_languages": ["en"], "region_restrictions": ["eu"], "uptime_sla_percent": 99.9, "maintenance_windows": ["x"],
}  # fmt: skip
#: Fields that only say how another one is meant.
_ABOUT_QUOTAS = {"quota_unit", "quota_reset_cycle", "overage_policy"}


def enforced(written: dict) -> tuple:
    config = {"constraints": written}
    return constraints_of(config), tuple(quota_rules(config))


class TestTheTable:
    def test_has_every_field_that_an_upload_accepts_and_no_other(self):
        findings = Findings()
        check_constraints({name: VALUES.get(name, 7) for name in FIELDS}, findings)
        assert findings.problems == []
        check_constraints({"no_such_field": 1}, findings)
        (problem,) = findings.problems
        assert problem.type == "unknown_field"

    def test_of_the_uploads_is_all_here(self):
        from marketplace.catalog.files import rate_limits

        assert set(rate_limits._CONSTRAINTS) == set(FIELDS)

    @pytest.mark.parametrize("name", FIELDS)
    def test_tells_the_truth(self, name):
        base = {"monthly_quota": 5} if name in _ABOUT_QUOTAS else {}
        changes_a_call = enforced({**base, name: VALUES.get(name, 7)}) != enforced(base)
        assert changes_a_call is (FIELDS[name][0] == "enforced")

    def test_is_the_documents(self):
        assert constraints.PAGE.read_text() == constraints.page()

    def test_starts_from_nothing(self):
        assert enforced({}) == (Constraints(), ())
