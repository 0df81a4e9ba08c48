"""The gateway's durable copy of what was used, until PostgreSQL has it.

`spool` is the door: intent, checkpoint, final. `records` is the format, `segments` the files, `writer` the one task
that writes them, `syncing` how the disk is waited for, `recovery` what a start makes of what the last run left,
`shipper` the way to PostgreSQL.

Always true: a final that was awaited is on disk until it was confirmed; what a crash cut off is offered as interrupted.
"""
