"""Inside the sandbox: passes a local port on to the socket of the relay, and runs the script.

`inside.py PORT COMMAND ...`

It imports nothing of the platform and knows no secret. The script's exit code is its own.
"""

import socket
import subprocess
import sys
import threading

_SOCKET = "/sandbox/gateway.sock"
_PIECE = 64 * 1024


def main(arguments: list[str]) -> int:
    """Listen, run, tell how it ended."""
    listener = socket.create_server(("127.0.0.1", int(arguments[0])), backlog=16)
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    try:
        code = subprocess.run(arguments[1:], check=False).returncode  # noqa: S603  what the sandbox is for
    except OSError as error:
        sys.stderr.write(f"{arguments[1]} is not installed here ({error.strerror}).\n")
        return 127
    return code if code >= 0 else 128 - code


def _serve(listener: socket.socket) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_pass, args=(client,), daemon=True).start()


def _pass(client: socket.socket) -> None:
    gateway = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        gateway.connect(_SOCKET)
        threading.Thread(target=_copy, args=(client, gateway), daemon=True).start()
        _copy(gateway, client)
    except OSError:
        return
    finally:
        client.close()
        gateway.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
