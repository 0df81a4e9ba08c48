"""Calls for later: when they are due by which clocks, what was missed, and whether an answer is as expected."""
