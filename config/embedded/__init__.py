"""What one machine needs to run everything: engines from wheels, one supervisor, demo data.

`python -m config.embedded.supervisor` is `make run`. `engines` also serves the suite. Production uses nothing of this.
"""
