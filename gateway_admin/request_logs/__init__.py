"""Request logs: a row for each call and attempt, bodies where they were asked for, found by any filter, for a while."""
