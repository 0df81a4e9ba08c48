"""What can go wrong when tests are asked for or reported."""

from __future__ import annotations

from common.errors import DomainError


class NotExecutable(DomainError):
    """Only connectivity tests and code examples are run."""

    code = "not_executable"
    sentence = "'{title}' is no script: only connectivity tests and code examples are tested."


class NotSkippable(DomainError):
    """A service without its connectivity test is not tested."""

    code = "not_skippable"
    sentence = "'{title}' is a connectivity test, and those are never skipped. Mend it, or replace it."


class TestSkipped(DomainError):
    """The seller has the document left out."""

    __test__ = False
    code = "test_skipped"
    sentence = "'{title}' is skipped. Take that back first, then run it."


class TestStatusUnknown(DomainError):
    """Results have one of a few words."""

    __test__ = False
    code = "test_status_unknown"
    sentence = "{status!r} is no status of a test. Known are {known}."


class TooManyRuns(DomainError):
    """The platform pays for tests."""

    code = "too_many_test_runs"
    sentence = "You have had {limit} test runs within an hour. Run the tests again later."
