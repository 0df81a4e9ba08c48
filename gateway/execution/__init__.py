"""Carries a plan out: one file a kind of node, put together in `kinds`, entered by `scene.go`.

`part`: what a call knows of the plan around it; `purse`: the money of a plan with several calls; `sinks`: where an
answer can go other than to the client.
"""
