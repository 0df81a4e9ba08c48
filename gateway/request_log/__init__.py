"""What a call's customer can read of it later, besides what its usage events tell.

`asking` says which calls are followed and how closely, `trail` notes what the client gets, `entry` makes a record of it
with the secrets taken out, `book` keeps records on disk and ships them, `attempts` ships what usage events tell.

Always true: no call waits for its log, no charge does, and what cannot be kept is dropped and counted.
"""
