"""The data plane: authenticate, resolve, admit, inject, proxy, meter. Knows only the domain."""
