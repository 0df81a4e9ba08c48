"""Every write of tests: they begin, are carried out cell by cell, recorded, concluded; sellers report; some repeat."""

from marketplace.testing.services.beginning import begin, begin_activation
from marketplace.testing.services.carrying_out import carry_out
from marketplace.testing.services.errors import NotExecutable, NotSkippable, TestStatusUnknown, TooManyRuns
from marketplace.testing.services.repeating import prune, retest, sweep
from marketplace.testing.services.reporting import Report, report

__all__ = [
    "NotExecutable",
    "NotSkippable",
    "Report",
    "TestStatusUnknown",
    "TooManyRuns",
    "begin",
    "begin_activation",
    "carry_out",
    "prune",
    "report",
    "retest",
    "sweep",
]
