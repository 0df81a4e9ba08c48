"""`make screenshots`: the pictures of the README, of the demo marketplace after some calls of its customer."""
