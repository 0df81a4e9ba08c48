"""The published customers' client and command line, unmodified, through all that they can do."""

import pytest

pytest.register_assert_rewrite("tests.clients.calls", "tests.clients.commands", "tests.clients.world")
