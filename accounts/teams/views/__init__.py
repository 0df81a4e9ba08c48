"""Pages of the account: whom the visitor acts for, who else does, and who is asked to."""
