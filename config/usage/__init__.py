"""Usage over time, as pages: a customer's by service, key and called name; a seller's by service.

`asking` reads the address, `charts` draws, `exporting` writes the same numbers as a file.
"""
