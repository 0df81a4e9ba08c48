"""The usage inbox, settlement in batches, charges."""
