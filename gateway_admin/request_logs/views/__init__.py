"""Pages of request logs: the list, one call, what is kept, and what sellers see of failures."""
