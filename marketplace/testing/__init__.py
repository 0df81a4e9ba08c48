"""Tests of services: what the platform asks of each interface before and while it is on sale.

models, queries. services: begin, carry out, record, report, repeat. probes, expectations, attribution: what is asked,
what is expected, whose fault it is; live: the same of
connections that stay open. scripts, runner: scripts of sellers, and who may run them.
"""
