"""Bounds itself, stops being root, and becomes the sandbox: `launch.py UID NAME=VALUE ... -- COMMAND ...`.

Run by `bubblewrap` as a script. It imports nothing of the platform.
"""

import os
import resource
import sys


def main(arguments: list[str]) -> None:
    """Take the limits, give up the rights, run the command."""
    at = arguments.index("--")
    uid, limits, command = int(arguments[0]), arguments[1:at], arguments[at + 1 :]
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    for each in limits:
        name, _, value = each.partition("=")
        bound = int(value)
        hard = resource.getrlimit(getattr(resource, name))[1]
        bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(getattr(resource, name), (bound, bound))
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
