"""What the tests of enrollments share."""

from tests.fakes.committed import _guards_awake_again, committed_db

__all__ = ["_guards_awake_again", "committed_db"]
