"""What customers' programs read of the catalogue: `api` (endpoints), `schemas` (their JSON), `access` (how a service
is used), `rendering` (documents that are templates).
"""
