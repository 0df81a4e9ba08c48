"""Every error code is documented, as it is."""

from __future__ import annotations

from tests.architecture import error_codes


class TestErrorsPage:
    def test_is_what_the_errors_say(self):
        assert error_codes.PAGE.read_text() == error_codes.page(), "run: make docs"

    def test_tells_each_code_with_one_status(self):
        rows = set(error_codes.domain_errors())
        assert len({(row.code, row.status) for row in rows}) == len({row.code for row in rows})

    def test_holds_the_errors_of_both_planes(self):
        assert "not_found" in {row.code for row in error_codes.domain_errors()}
        assert "insufficient_funds" in {row.code for row in error_codes.gateway_errors()}
