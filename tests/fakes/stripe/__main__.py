"""`python -m tests.fakes.stripe`: the fake as a process, with pages for people.

The secret key and the webhook secret come from the environment, so that no list of processes shows them.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from tests.fakes.stripe.fake import SECRET_KEY, WEBHOOK_SECRET, FakeStripe


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--secret-key", default=os.environ.get("STRIPE_SECRET_KEY", SECRET_KEY))
    parser.add_argument("--webhook-url", default="", help="where notices are posted")
    parser.add_argument("--webhook-secret", default=os.environ.get("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRET))
    parser.add_argument("--state", type=Path, help="a file that keeps everything between starts")
    given = parser.parse_args()
    fake = FakeStripe(
        secret_key=given.secret_key, webhook_secret=given.webhook_secret, port=given.port, state=given.state
    )
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    fake.start(webhook_url=given.webhook_url)
    print(f"pretending to be Stripe at {fake.url}", flush=True)
    ended.wait()
    fake.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
