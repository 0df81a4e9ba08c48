"""`python -m examples.upstream [--port 9100]`: serve until stopped."""

from __future__ import annotations

import argparse

import uvicorn

DEFAULT_PORT = 9100


def main() -> None:
    """Serve on this machine alone."""
    parser = argparse.ArgumentParser(description="A provider to sell from, for demos and tests.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    port = parser.parse_args().port
    uvicorn.run(
        "examples.upstream.app:application",
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="examples.upstream.rpc:Doorway",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
