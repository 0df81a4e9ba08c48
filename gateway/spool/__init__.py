"""The gateway's durable copy of what was used, until PostgreSQL has it.

`spool` is the door: intent, checkpoint, final. `records` is the format, `segments` the files, `writer` the one thread
that writes them, `recovery` what a start makes of what the last run left, `shipper` the way to PostgreSQL.

Always true: a final that was awaited is on disk until it was confirmed; what a crash cut off is offered as interrupted.
"""
