"""What holds on every page: who sees it is found out by asking (census), its markup is read (markup)."""
